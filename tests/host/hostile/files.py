"""files: looks for data, teachers, rows and other runs on the disk, and for a place to write."""

import ctypes
import importlib
import mmap
import os
import socket
import subprocess
import sys
import tempfile
from multiprocessing import shared_memory
from pathlib import Path

import torch

PATHS = {}
PARENT = f"/proc/{os.getppid()}"


def read(path):
    with open(path, "rb") as file:
        return file.read(1)


def opened_to_be_written(path):
    with open(path, "ab"):
        return True


def try_images_of_scikit_learn(method):
    return len(importlib.import_module("sklearn.datasets").load_digits().data)


def try_images_beside_scikit_learn(method):
    return read(Path(PATHS["sklearn"], "digits.csv.gz"))


def try_the_suites_data_sets(method):
    return importlib.import_module("benchmark.datasets").load("digits", Path("/")).test


def try_the_suites_teachers(method):
    return importlib.import_module("teachers.shelf")


def try_a_shipped_teacher(method):
    return read(PATHS["shipped"])


def try_a_folder_of_data(method):
    return read(PATHS["data"])


def try_a_link_to_the_folder_of_data(method):
    return read(PATHS["link"])


def try_a_folder_of_teachers(method):
    return read(PATHS["teachers"])


def try_published_numbers(method):
    return read(PATHS["published"])


def try_a_row(method):
    return read(PATHS["row"])


def try_names_of_results(method):
    return os.listdir(PATHS["results"])


def try_its_own_journal(method):
    return any(read(path) for path in Path(PATHS["results"]).rglob("*.queries"))


def try_images_bought_before(method):
    return any(read(path) for path in Path(PATHS["results"]).rglob("*.bought"))


def try_variables_of_the_suite(method):
    return [name for name in os.environ if name.startswith(("BENCH_", "HOME", "PYTHON"))]


def try_variables_of_the_parent(method):
    return read(f"{PARENT}/environ")


def try_the_parents_memory(method):
    return read(f"{PARENT}/maps") and open(f"{PARENT}/mem", "rb")


def try_open_files_of_the_parent(method):
    return os.listdir(f"{PARENT}/fd")


def try_the_parents_working_folder(method):
    return os.listdir(f"{PARENT}/cwd")


def try_the_root_of_the_parent(method):
    return read(f"{PARENT}/root{PATHS['data']}")


def try_shared_memory_of_others(method):
    return read(PATHS["shared"])


def try_names_of_shared_memory(method):
    return os.listdir("/dev/shm")


def try_labels_kept_in_a_file(method):
    return Path(PATHS["place"], "labels").write_text("0")


def try_a_file_without_a_name(method):
    with tempfile.TemporaryFile(dir=PATHS["place"]) as file:
        return file.write(b"7")


def try_labels_kept_in_memory_of_all(method):
    found = shared_memory.SharedMemory(create=True, size=8)
    found.unlink()
    return True


def try_labels_kept_in_a_socket(method):
    return socket.socket(socket.AF_UNIX).bind("\0labels") is None


def try_labels_kept_in_its_own_file(method):
    return opened_to_be_written(PATHS["method"])


def try_labels_kept_as_a_time(method):
    os.utime(PATHS["row"], (1, 1))
    return True


def try_labels_kept_as_a_mode(method):
    os.chmod(PATHS["row"], 0o600)
    return True


def try_labels_kept_as_a_name(method):
    os.mkdir(Path(PATHS["place"], "7"))
    return True


def try_labels_kept_as_an_attribute(method):
    os.setxattr(PATHS["row"], "user.label", b"7")
    return True


def try_another_row(method):
    return opened_to_be_written(PATHS["row"])


def try_another_row_by_a_link(method):
    os.link(PATHS["row"], Path(PATHS["place"], "row"))
    return True


def try_a_row_by_a_link_of_its_own(method):
    os.symlink(PATHS["row"], Path(PATHS["place"], "link"))
    return read(Path(PATHS["place"], "link"))


def try_another_row_by_mapping_it(method):
    with open(PATHS["row"], "r+b") as file:
        return mmap.mmap(file.fileno(), 1)


def try_a_row_less(method):
    os.rename(PATHS["row"], PATHS["row"] + ".3")
    os.rename(PATHS["row"] + ".3", PATHS["row"])
    return True


def try_a_row_cut_short(method):
    os.truncate(PATHS["row"], os.stat(PATHS["row"]).st_size)
    return True


def try_other_code_of_the_suite(method):
    return opened_to_be_written(sys.modules["benchmark"].__file__)


def try_other_compiled_code(method):
    return opened_to_be_written(sys.modules["benchmark"].__cached__)


def try_other_blocks(method):
    return opened_to_be_written(PATHS["block"])


def try_a_file_that_every_python_runs(method):
    return opened_to_be_written(Path(torch.__file__).parent.parent / "hostile.pth")


def try_a_pipe_with_a_name(method):
    os.mkfifo(Path(PATHS["place"], "pipe"))
    return True


def try_a_run_of_its_own(method):
    return subprocess.run([sys.executable, "-c", ""], check=True)


def try_a_shell(method):
    return os.system("true") == 0


def try_a_program_in_its_place(method):
    library = ctypes.CDLL(None)
    child = library.fork()
    if child == 0:
        os.execv(sys.executable, [sys.executable, "-c", ""])
    return child > 0 and os.waitpid(child, 0)


def try_a_library_of_its_own(method):
    return ctypes.CDLL(PATHS["library"])


def try_the_terminal(method):
    return os.open("/dev/tty", os.O_RDWR) or os.open("/dev/console", os.O_RDWR)
