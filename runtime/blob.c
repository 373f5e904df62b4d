// The runtime's object code as bytes of the compiler, which links it into every library that it writes.
__asm__(".section .rodata\n"
        ".balign 16\n"
        ".global mixc_runtime_object\n"
        "mixc_runtime_object:\n"
        ".incbin \"" MIXC_RUNTIME_OBJECT "\"\n"
        ".global mixc_runtime_object_end\n"
        "mixc_runtime_object_end:\n"
        ".previous\n");
