// RUN: mix-opt %s --mix-lower-mixers | FileCheck %s

// A mixer has no machine code of its own; the functions of its kernels stay.

// CHECK-NOT: mix.mixer
// CHECK: func.func @sum_forward_kernel
mix.mixer @sum dims ["K"] {
  %x = mix.input "x" : !mix.t<[K], head>
  %h = mix.state "H" : !mix.t<[K], head>
  %s = mix.binary add %h, %x : !mix.t<[K], head>, !mix.t<[K], head>
  mix.next "H", %s : !mix.t<[K], head>
  mix.output "y", %s : !mix.t<[K], head>
}

func.func @sum_forward_kernel() {
  return
}
