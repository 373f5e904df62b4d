"""What the .td files of the tree say, as llvm-tblgen reads them."""
import json
import os
import re
import subprocess

BIN = "/usr/lib/llvm-22/bin/"


def include_folder():
    done = subprocess.run([BIN + "llvm-config", "--includedir"], capture_output=True, text=True, check=True)
    return done.stdout.strip()


class Records:
    def __init__(self, root, path):
        """The records of a .td file and of those beside it that it includes."""
        self.root, self.folder = root, os.path.dirname(os.path.join(root, path))
        folders = ["-I", include_folder(), "-I", self.folder]
        command = [BIN + "llvm-tblgen", "--dump-json", *folders, os.path.join(root, path)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        if done.returncode:
            raise ValueError(done.stderr)
        self.all = json.loads(done.stdout)

    def place(self, record):
        """The file and line that a record stands on."""
        path, line = record["!locs"][0].rsplit(":", 1)
        return os.path.basename(path), int(line)

    def of(self, kind):
        """The records of a class, as they follow each other in their files."""
        names = self.all["!instanceof"].get(kind, [])
        ours = [self.all[name] for name in names if not self.all[name]["!anonymous"]]
        return sorted((record for record in ours if self.is_ours(record)), key=self.place)

    def is_ours(self, record):
        return os.path.exists(os.path.join(self.folder, self.place(record)[0]))

    def get(self, reference):
        return self.all[reference["def"]]


def dedented(text):
    """A description without the indentation that it has in its file: four columns."""
    return re.sub(r"^ {4}", "", text.strip("\n"), flags=re.M).rstrip() + "\n"


def examples(description):
    return re.findall(r"^```mlir\n(.*?)^```$", description, re.M | re.S)


def has_equation(description):
    """Equations are indented by four columns, outside of examples."""
    return re.search(r"^ {4}\S", re.sub(r"^```.*?^```$", "", description, flags=re.M | re.S), re.M)


def page_is(path, text, write):
    """Writes a page, or says whether it is as it would be written."""
    if write:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return True
    if not os.path.exists(path):
        return False
    with open(path, encoding="utf-8") as file:
        return file.read() == text
