"""The newest replaces what was not fetched, and closing lets every reader go on."""

from __future__ import annotations

import threading
import time

from fer_ros.core.capture.mailbox import Mailbox


def test_the_newest_wins_and_what_it_replaced_is_counted() -> None:
    box: Mailbox[int] = Mailbox()
    assert [box.put(n) for n in (1, 2, 3)] == [True, False, False]
    assert box.get(0) == 3
    assert box.get(0) is None
    assert box.dropped == 2


def test_a_waiting_reader_gets_what_comes() -> None:
    box: Mailbox[str] = Mailbox()
    threading.Timer(0.05, box.put, ["late"]).start()
    assert box.get(10) == "late"


def test_closing_lets_a_waiting_reader_go_and_keeps_nothing() -> None:
    box: Mailbox[int] = Mailbox()
    got: list[int | None] = []
    reader = threading.Thread(target=lambda: got.append(box.get()))
    reader.start()
    box.close()
    reader.join(10)
    assert got == [None]
    box.put(7)
    assert box.get(0) is None


def test_the_last_item_can_be_kept_for_a_reader_that_comes_late() -> None:
    box: Mailbox[int] = Mailbox()
    box.put(1)
    box.close(keep=True)
    box.put(2)
    assert box.closed and [box.get(), box.get()] == [1, None]


def test_each_item_reaches_exactly_one_reader() -> None:
    box: Mailbox[int] = Mailbox()
    got: list[int] = []

    def read() -> None:
        while (item := box.get()) is not None:
            got.append(item)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for number in range(1, 2001):
        box.put(number)
    deadline = time.monotonic() + 10
    while 2000 not in got and time.monotonic() < deadline:
        time.sleep(0.01)
    box.close()
    for reader in readers:
        reader.join(10)
    assert got[-1] == 2000 and len(got) == len(set(got))
    assert len(got) + box.dropped == 2000


def test_what_is_to_be_kept_waits_until_the_last_one_is_fetched_or_the_box_is_closed() -> None:
    box: Mailbox[int] = Mailbox()
    writer = threading.Thread(target=lambda: [box.put(n, wait=True) for n in range(50)])
    writer.start()
    got = [box.get(10) for _ in range(50)]
    writer.join(10)
    assert got == list(range(50)) and box.dropped == 0
    box.put(1)
    waiting = threading.Thread(target=box.put, args=(2, True))
    waiting.start()
    box.close()
    waiting.join(10)
    assert not waiting.is_alive() and box.get(0) is None
