"""Prints a mixer that is large in one way: `large.py WAY N`."""
import sys

way, n = sys.argv[1], int(sys.argv[2])
names = range(n)
states, inputs, lets, update, read = "state H : matrix<V, K>", "", "", "H[t] = H[t-1] + v * k'", "H[t] * q"
if way == "ring":  # each state takes the next
    states = "\n  ".join(f"state H{i} : matrix<V, K>" for i in names)
    update = "\n  ".join(f"H{i}[t] = 0.5 * H{i}[t-1] + 0.1 * H{(i + 1) % n}[t-1] + v * k'" for i in names)
    read = "H0[t] * q"
elif way == "states":  # side by side
    states = "\n  ".join(f"state H{i} : matrix<V, K>" for i in names)
    update = "\n  ".join(f"H{i}[t] = 0.5 * H{i}[t-1] + v * k'" for i in names)
    read = " + ".join(f"H{i}[t] * q" for i in names)
elif way == "factors":  # a product of n matrices
    inputs = f"input u[1..{n}] : vector<K>"
    lets = f"let S[0] = H[t-1]\n  let S[j in 1..{n}] = S[j-1] * (I - u[j] * u[j]')"
    update = f"H[t] = S[{n}] + v * k'"
elif way == "squares":  # of squares
    lets = "let x0 = v\n  " + "\n  ".join(f"let x{i + 1} = x{i} .* x{i}" for i in names)
    update = f"H[t] = H[t-1] + x{n} * k'"
elif way == "doubles":  # of what was read
    lets = "let x0 = H[t-1] * k\n  " + "\n  ".join(f"let x{i + 1} = x{i} + x{i}" for i in names)
    update = f"H[t] = H[t-1] + (v - 1e-30 * x{n}) * k'"
elif way == "lets":  # of lets
    lets = "let x0 = v\n  " + "\n  ".join(f"let x{i + 1} = x{i} + v" for i in names)
    update = f"H[t] = H[t-1] + x{n} * k'"
elif way == "sum":  # of the members of a family
    inputs = f"input u[1..{n}] : vector<K>"
    update = f"H[t] = H[t-1] + v * sum(j in 1..{n}, u[j])'"
elif way == "nested":  # brackets
    update = "H[t] = H[t-1] + " + "(" * n + "v" + ")" * n + " * k'"
elif way == "terms":  # in a row
    update = "H[t] = H[t-1] + (" + " + ".join(["v"] * n) + ") * k'"
elif way == "concat":  # of slices
    lets = "let x = concat(" + ", ".join(f"slice(v, {i}, {i + 1})" for i in names) + ")"
    states, inputs = "state H : matrix<V, K>", f"input w : vector<{n}>"
    update, read = "H[t] = H[t-1] + v * k'", "H[t] * q * (x' * w)"
elif way == "mixers":
    for i in names:
        print(f"mixer m{i}<K = 4, V = 4> {{\n  input q, k : vector<K>\n  input v : vector<V>\n"
              "  state H : matrix<V, K>\n  output y : vector<V>\n  H[t] = H[t-1] + v * k'\n  y[t] = H[t] * q\n}")
    sys.exit()
size = n if way == "concat" else 4
print(f"""mixer large<K = 4, V = {size}> {{
  input q, k : vector<K>
  input v : vector<V>
  {inputs}
  {states}
  output y : vector<V>
  {lets}
  {update}
  y[t] = {read}
}}""")
