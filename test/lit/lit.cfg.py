# The lit suite covers all of test/: a file with RUN lines is a test, wherever it lies.
import os

import lit.formats

config.name = "mixc"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".mix", ".test"]
config.excludes = ["unit", "conformance", "e2e", "lit", "Inputs"]
config.test_source_root = os.path.join(config.mix_source, "test")

config.environment["PATH"] = os.pathsep.join([config.mix_tools, config.llvm_tools, config.environment["PATH"]])
config.environment["NO_COLOR"] = "1"
config.substitutions.append(("%examples", os.path.join(config.mix_source, "examples")))
config.substitutions.append(("%runtime", os.path.join(config.mix_source, "runtime")))
config.substitutions.append(("%docs", os.path.join(config.mix_source, "docs")))
