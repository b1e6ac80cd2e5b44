"""memory: looks for the teacher, its logits and the test images in its own process."""

import gc
import os
import sys
import threading

import torch
from torch import nn

LABELS = [0]


def is_another_network(found, method):
    if not issubclass(type(found), nn.Module) or found is method.student:  # some raise if asked
        return False
    sizes = [sum(p.numel() for p in net.parameters()) for net in (found, method.student)]
    return sizes[0] == sizes[1]


def is_of_the_suite(found):
    return type(found).__name__ in ("Run", "Session", "Serving", "Account", "Journal", "Setting")


def seen_while_asking(method, place, name, number=11):
    """What a replaced function sees while the oracle answers, that is no matter of the student."""
    real, seen = getattr(place, name), []

    def replaced(self, *arguments, **words):
        found = real(self, *arguments, **words)
        for tensor in (self, found):
            if isinstance(tensor, torch.Tensor) and tensor.shape == (number, method.spec.classes):
                seen.append(tensor)
        return found

    setattr(place, name, replaced)
    try:
        method.ask(number)
    finally:
        setattr(place, name, real)
    return seen


def try_a_network_among_all_objects(method):
    return any(is_another_network(found, method) for found in gc.get_objects())


def try_images_among_all_objects(method):
    shape = tuple(method.spec.shape)
    tensors = [found for found in gc.get_objects() if type(found) is torch.Tensor]
    return any(len(t) > 300 and tuple(t.shape[1:]) == shape for t in tensors if t.ndim == 4)


def try_an_object_of_the_suite(method):
    return any(is_of_the_suite(found) for found in gc.get_objects())


def try_what_refers_to_the_student(method):
    found = gc.get_referrers(method.student)
    return any(is_of_the_suite(value) for one in found for value in (one, *gc.get_referrers(one)))


def try_frames_of_other_threads(method):
    for number, frame in sys._current_frames().items():
        while frame and number != threading.get_ident():
            if any(is_of_the_suite(value) for value in frame.f_locals.values()):
                return True
            frame = frame.f_back
    return False


def try_frames_above_its_own(method):
    frame = sys._getframe()
    while frame:
        if any(is_of_the_suite(value) for value in frame.f_locals.values()):
            return True
        frame = frame.f_back
    return False


def try_a_traceback_of_its_own(method):
    try:
        raise ValueError
    except ValueError as problem:
        frame = problem.__traceback__.tb_frame
    while frame and "session" not in frame.f_code.co_filename:
        frame = frame.f_back
    return frame


def try_the_main_program(method):
    return any(is_of_the_suite(value) for value in vars(sys.modules["__main__"]).values())


def try_modules_of_the_suite(method):
    return "benchmark.run.session" in sys.modules or "teachers.shelf" in sys.modules


def try_logits_by_a_replaced_argmax(method):
    return seen_while_asking(method, torch.Tensor, "argmax")


def try_logits_by_a_replaced_layer(method):
    return seen_while_asking(method, nn.Linear, "forward")


def try_logits_by_a_hook_on_all_layers(method):
    seen = []
    handle = nn.modules.module.register_module_forward_hook(lambda *found: seen.append(found))
    try:
        method.ask(3)
    finally:
        handle.remove()
    return seen


def try_an_account_that_counts_nothing(method):
    account = sys.modules["benchmark.oracle.account"].Account
    real, before = account.enter, method.oracle.spent
    account.enter = lambda *arguments: None
    try:
        method.ask(7)
    finally:
        account.enter = real
    return method.oracle.spent < before + 7


def try_two_threads_for_one_price(method):
    before = method.oracle.spent
    threads = [threading.Thread(target=method.gets, args=(lambda m: m.ask(5),)) for _ in "ab"]
    for thread in threads:
        thread.start()
    labels = LABELS[0]
    for thread in threads:
        thread.join()
    return method.oracle.spent < before + LABELS[0] - labels


def try_more_in_an_answer_than_the_answer(method):
    labels = method.ask(4)
    return labels.untyped_storage().nbytes() > 32 or vars(labels) or labels.grad_fn


def try_a_fork_that_keeps_the_teacher(method):
    child = os.fork()
    if not child:
        names = {type(one).__name__ for one in gc.get_objects()}
        os._exit(3 if "Serving" in names else 0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 3


def try_a_larger_budget(method):
    """Drain the oracle by a budget of its own; the test counts the labels."""
    method.oracle.budget += 1000
    while True:
        method.ask(20)
