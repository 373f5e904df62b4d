#!/usr/bin/env python3
"""What people write from habit of other languages and of papers is answered with how it is written here.

    habits.py MIXC

Each case is one mistake in a mixer, and words of the one error that `mixc check` is to say, its help included.
"""
import subprocess
import sys

HEAD = """mixer m<K, V> {
  input q, k : vector<K>
  input v : vector<V>
  input alpha : scalar in [0, 1]
  state H : matrix<V, K>
  output y : vector<V>
"""
UPDATE, OUTPUT = "  H[t] = alpha * H[t-1] + v * k'\n", "  y[t] = H[t] * q\n"

UPDATES = [
    ("H[t] += v * k'", "write `H[t] = H[t-1] + ...`"),
    ("H[t] -= v * k'", "write `H[t] = H[t-1] - ...`"),
    ("H[t] .*= v * k'", "write `H[t] = H[t-1] .* ...`"),
    ("H[t] := H[t-1] + v * k'", "an equation is written with `=` alone"),
    ("H[t] == H[t-1] + v * k'", "an equation is written with one `=`"),
    ("H[t+1] = H[t] + v * k'", "write `H[t] = ...`, with `H[t-1]` for the state before the token"),
    ("H_t = H[t-1] + v * k'", "write `H[t] = ...`"),
    ("H[t] = H_{t-1} + v * k'", "a time stands in brackets: `H[t-1]`"),
    ("H[t] = H_prev + v * k'", "write `H[t-1]`"),
    ("H[t] = old_H + v * k'", "write `H[t-1]`"),
    ("H[t] = H(t-1) + v * k'", "a time stands in brackets: `H[t - 1]`"),
    ("H[t] = H[t-1] + v * k^T", "the transpose of `k` is `k'`"),
    ("H[t] = H[t-1] + v * (q + k)^T", "the transpose of `(q + k)` is `(q + k)'`"),
    ("H[t] = H[t-1] + v * k.T", "the transpose of `x` is `x'`"),
    ("H[t] = H[t-1] + v * k^{T}", "a transpose is `x'`"),
    ("H[t] = H[t-1] + v * transpose(k)", "write `x'`"),
    ("H[t] = H[t-1] + v k'", "a product is written with `*`"),
    ("H[t] = alpha H[t-1] + v * k'", "a product is written with `*`"),
    ("H[t] = 2 (H[t-1]) + v * k'", "a product is written with `*`"),
    ("H[t] = H[t-1] + v @ k'", "the matrix product is `*`"),
    ("H[t] = 2 ** 3 * H[t-1] + v * k'", "a power is written `^`"),
    ("H[t] = H[t-1] ; + v * k'", "statements need no separator"),
    ("H[t] = H[t-1] + v ⊗ k", "write `outer(a, b)`"),
    ("H[t] ← H[t-1] + v * k'", "write `=`"),
]
OUTPUTS = [
    ("return H[t] * q", "an output has an equation: write `y[t] = ...`"),
    ("y_t = H[t] * q", "write `y[t] = ...`"),
    ("y[t] = H[t] * q_t", "write `q`"),
    ("y[t] = H[t] * q_prev", "write `q[t-1]`"),
    ("y[t] = H[t] * q,", "statements need no separator"),
    ("y[t] = swish(H[t] * q)", "write `silu(x)`"),
    ("y[t] = sigma(H[t] * q)", "write `sigmoid(x)`"),
    ("y[t] = σ(H[t] * q)", "write `sigmoid`"),
    ("y[t] = matmul(H[t], q)", "products of matrices and vectors are written `a * b`"),
    ("y[t] = cumsum(v)", "what goes over tokens is a state"),
    ("y[t] = pow(v, 2)", "`x .^ n` of every entry"),
    ("y[t] = H[t] * normalize(q)", "write `l2norm(x)`"),
    ("y[t] = H[t] * softmax(q' * k)", "sum `exp(x)` in a state"),
    ("y[t] = softmax(v * k') * q", "a softmax is over the entries of one vector"),
    ("y[t] = H[t] * q.sum()", "a function stands before what it takes: `sum(x)`"),
    ("y[t] = H[t] * q[0:4]", "entries of a vector are `slice(x, from, to)`"),
    ("y[t] = H[t] * q[:, 0]", "entries of a vector are `slice(x, from, to)`"),
    ("y[t] = H[t] * l2norm(q, eps=1)", "arguments have no names, they have places"),
    ("y[t] = v * sum(j=1..4, alpha)", "a sum over an index is `sum(j in 1..n, ...)`"),
    ("y[t] = v * sum(j in 4, alpha)", "a range is `1..n`, both ends in it"),
    ("y[t] = v ? v : v", "a choice between two values is `where(a < b, x, y)`"),
    ("y[t] = v && v", "conditions are joined"),
    ("y[t] = v == v", "`where(v == v, 1, 0)` is 1 where it holds"),
    ("y[t] = |v|", "the absolute value is `abs(x)`"),
    ("y[t] = v²", "`.^ 2` for every entry"),
    ("y[t] = \\alpha * v", "without a backslash"),
    ("// a comment\n" + OUTPUT, "a comment begins with `#`"),
    ("let w : vector<K> = q\n  y[t] = H[t] * w", "a `let` has the type of its expression"),
    ("def f(x):\n" + OUTPUT, "a name for an expression `let w = ...`"),
    ("for j in 1..4:\n" + OUTPUT, "`sum(j in 1..n, ...)`"),
    ("if alpha:\n" + OUTPUT, "a choice between two values"),
    ("float w = 1\n" + OUTPUT, "a name for an expression is `let w = ...`"),
]
DECLARATIONS = [
    ("input b : scalar in (0, 1)", "write `in [0, 1]`"),
    ("input b : scalar in [0..2]", "write `in [0, 2]`"),
    ("input b : scalar in [-1, 0)", "write `in [-1, 0]`"),
    ("input b : scalar in 0, 1", "write `in [0, 1]`"),
    ("input b : scalar in {0, 1}", "write `in [0, 1]`"),
    ("input b : vector[K]", "dims stand in angle brackets: `vector<K>`"),
    ("input b : matrix[V, K]", "dims stand in angle brackets: `matrix<V, K>`"),
    ("input b : matrix(V, K)", "dims stand in angle brackets: `matrix<V, K>`"),
    ("input b : float", "write `scalar`"),
    ("input b : tensor<V, K>", "write `matrix<V, K>`"),
    ("input b : vector<K, V>", "a vector has one dim"),
    ("input b : matrix<K>", "a matrix has two dims"),
    ("input b : scalar per mixer", "what all heads share is `per group`"),
    ("input b : scalar per head", "leave it out"),
    ("input b : scalar per token", "an input has a value for every token"),
    ("inputs b : scalar", "write `input`"),
    ("weight b : scalar", "a declaration begins with `input`"),
    ("b : scalar", "write `input b : ...`"),
]
PROGRAMS = [
    ("mixer m(K, V) {\n}\n", "dims stand in angle brackets"),
    ("mixer m<K, V>:\n  input q : vector<K>\n", "the body of a mixer stands in braces"),
    ("mixer m<K: 4> {\n}\n", "`<K = 128>` with a default"),
    ("Mixer m<K> {\n}\n", "write `mixer`"),
    ("def m(x):\n  return x\n", "a mixer is `mixer name<K, V> { ... }`"),
    ("import numpy\n", "a file holds mixers alone"),
    ("input x : scalar\n", "everything stands within a mixer"),
    (HEAD + "  state G : matrix<V, K> = I\n  G[t] = G[t-1]\n" + UPDATE + "  y[t] = (H[t] + G[t]) * q\n}\n",
     "declare a `matrix<K, K>`, or start at a param"),
]


def cases():
    for text, words in UPDATES:
        yield text, HEAD + "  " + text + "\n" + OUTPUT + "}\n", words
    for text, words in OUTPUTS:
        yield text, HEAD + UPDATE + "  " + text + "\n}\n", words
    for text, words in DECLARATIONS:
        yield text, HEAD + "  " + text + "\n" + UPDATE + OUTPUT + "}\n", words
    for text, words in PROGRAMS:
        yield text, text, words


def main():
    failed = count = 0
    for text, program, words in cases():
        done = subprocess.run([sys.argv[1], "check", "-"], input=program, capture_output=True, text=True, timeout=60)
        count += 1
        errors = done.stderr.count("error[")
        # `|x|` and `&&` are two characters, each of which is one mistake
        if done.returncode != 1 or words not in done.stderr or errors > (2 if "|" in text else 1):
            failed += 1
            print(f"{text!r}: status {done.returncode}, {errors} errors, expected {words!r}\n{done.stderr}")
    print(f"{count - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
