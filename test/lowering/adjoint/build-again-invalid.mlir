// RUN: not mix-opt %s --mix-build-again 2>&1 | FileCheck %s
// RUN: not mix-opt %s --mix-build-recurrent --mix-build-again 2>&1 | FileCheck %s

// CHECK: error: `copy` has no forward kernel to differentiate
mix.mixer @copy dims [] {
  %x = mix.input "x" : <[4], head>
  mix.output "y", %x : <[4], head>
}
