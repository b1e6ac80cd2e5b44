"""kernel: asks the kernel by number for ways to processes, to the network, to memory."""

import ctypes
import errno
import os
import signal
import socket

PATHS = {}
REFUSED = (errno.EPERM, errno.EACCES, errno.ENOSYS)
LIBRARY = ctypes.CDLL(None, use_errno=True)
# On x86_64; arguments that do no harm where the kernel takes the call.
CALLS = {
    "clone3": (435, 0, 0),
    "pidfd_open": (434, os.getppid(), 0),
    "io_uring_setup": (425, 0, 0),
    "memfd_create": (319, b"labels", 0),
    "shmget": (29, 77, 64, 0),
    "msgget": (68, 77, 0),
    "semget": (64, 77, 1, 0),
    "mq_open": (240, b"labels", 0, 0, 0),
    "add_key": (248, b"user", b"labels", b"7", 1, -1),
    "keyctl": (250, 0, -3, 0),
    "perf_event_open": (298, 0, 0, -1, -1, 0),
    "userfaultfd": (323, 0),
    "bpf": (321, 0, 0, 0),
    "mount": (165, 0, 0, 0, 0, 0),
    "unshare": (272, 0),
    "setns": (308, -1, 0),
    "chroot": (161, 0),
    "ptrace": (101, 9999, os.getppid(), 0, 0),
    "process_vm_readv": (310, os.getppid(), 0, 0, 0, 0, 0),
    "process_vm_writev": (311, os.getppid(), 0, 0, 0, 0, 0),
    "kcmp": (312, os.getppid(), os.getpid(), 2, 0, 0),
    "pidfd_getfd": (438, -1, 0, 0),
    "name_to_handle_at": (303, -100, 0, 0, 0, 0),
    "open_by_handle_at": (304, -1, 0, 0),
    "openat2": (437, -100, 0, 0, 0),
    "inotify_init": (294, 0),
    "fanotify_init": (300, 0, 0),
    "setrlimit": (160, 4, 0),
    "prlimit_of_the_parent": (302, os.getppid(), 4, 0, ctypes.create_string_buffer(16)),
    "setpriority_of_the_parent": (141, 0, os.getppid(), 0),
    "sched_setaffinity_of_the_parent": (203, os.getppid(), 0, 0),
    "splice": (275, -1, 0, -1, 0, 0, 0),
    "syslog": (103, 10, 0, 0),
    "personality": (135, 0xFFFFFFFF),
    "seccomp": (317, 0, 1, 0),
    "outlive_the_parent": (157, 1, 0, 0, 0, 0),
    "setsid": (112,),
    "socket_of_packets": (41, 17, 3, 0),
    "socket_of_the_kernel": (41, 16, 3, 0),
    "socketpair": (53, 1, 1, 0, ctypes.create_string_buffer(8)),
}


def kernel_takes(name):
    ctypes.set_errno(0)
    result = LIBRARY.syscall(*[ctypes.c_long(a) if isinstance(a, int) else a for a in CALLS[name]])
    return result >= 0 or ctypes.get_errno() not in REFUSED


for _name in CALLS:
    globals()[f"try_{_name}"] = lambda method, name=_name: kernel_takes(name)


def try_a_signal_to_the_parent(method):
    os.kill(os.getppid(), 0)
    return True


def try_a_signal_to_all(method):
    os.killpg(os.getpgid(os.getppid()), 0)
    return True


def try_a_signal_with_data(method):
    return LIBRARY.sigqueue(os.getppid(), 0, 0) == 0


def try_signals_from_files_of_the_parent(method):
    import fcntl

    fcntl.fcntl(2, 8, os.getppid())  # F_SETOWN
    return True


def try_a_server_on_the_network(method):
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
    return True


def try_the_network(method):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.connect(("127.0.0.1", 9))
    return True


def try_files_left_open(method):
    return [name for name in os.listdir("/proc/self/fd") if int(name) > 2]


def try_a_file_that_grows(method):
    return os.write(os.open(f"{PATHS['place']}/grows", os.O_CREAT | os.O_WRONLY), b"7")


def try_a_timer_of_the_parent(method):
    return LIBRARY.tgkill(os.getppid(), os.getppid(), signal.SIGCONT) == 0
