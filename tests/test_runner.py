"""A chain with a thread a filter: order, bounds, errors, cancelling, no thread left."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import av
import numpy as np
import pytest

from masksmooth_filter.errors import FilterError, InputError
from masksmooth_filter.frames import CarriedPacket, MaskedFrame
from masksmooth_filter.run import runner
from masksmooth_filter.run.queues import BoundedQueue, Budget, Cancel, Cancelled
from masksmooth_filter.run.runner import Runner, Stage
from tests.pictures import frame_at


class Step:
    """Adds one; holds back `latency` items; may fail on an item; notes its thread and closing."""

    def __init__(self, latency: int = 0, *, fail_at: Any = None, error: Exception | None = None) -> None:
        self.latency, self.fail_at, self.error = latency, fail_at, error or RuntimeError("boom")
        self.held: list[Any] = []
        self.threads: set[str] = set()
        self.closed = False

    def push(self, item: Any) -> list[Any]:
        self.threads.add(threading.current_thread().name)
        if item is self.fail_at or item == self.fail_at:
            raise self.error
        self.held.append(item if hasattr(item, "pts") else item + 1)
        return [self.held.pop(0)] if len(self.held) > self.latency else []

    def flush(self) -> list[Any]:
        held, self.held = self.held, []
        return held

    def close(self) -> None:
        self.closed = True


def run(source: Any, steps: list[Step], sink: Any) -> None:
    Runner(source, [Stage(f"step {i}", step) for i, step in enumerate(steps)], sink).run()


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) == before


def test_everything_arrives_in_order_though_filters_hold_back() -> None:
    out: list[int] = []
    run(range(100), [Step(3), Step(0), Step(7)], out.append)
    assert out == list(range(3, 103))


def test_each_filter_runs_in_one_thread_of_its_own_and_is_closed() -> None:
    steps = [Step(1), Step(2)]
    run(range(20), steps, lambda _: None)
    assert [step.threads for step in steps] == [{"step 0"}, {"step 1"}]
    assert all(step.closed for step in steps)


def test_carried_packets_pass_the_filters_untouched_and_are_not_held_back() -> None:
    packet = CarriedPacket(SimpleNamespace(size=9))  # type: ignore[arg-type]
    out: list[Any] = []
    run([1, packet, 2, 3], [Step(2)], out.append)
    assert out == [packet, 2, 3, 4]


@pytest.mark.parametrize("where", [0, 1, 2])
def test_an_error_is_raised_with_the_filters_name_and_the_frames_time(where: int) -> None:
    frames = [frame_at(100 * i) for i in range(30)]
    steps = [Step() for _ in range(3)]
    steps[where].fail_at = frames[7]
    with pytest.raises(FilterError, match=rf"step {where} at 0.700 s: failed: RuntimeError: boom") as caught:
        run(frames, steps, lambda _: None)
    assert isinstance(caught.value.__cause__, RuntimeError)
    assert all(step.closed for step in steps)


def test_an_error_of_ours_keeps_its_message_and_exit_status() -> None:
    with pytest.raises(FilterError, match="step 0: no mask for this frame") as caught:
        run(range(9), [Step(fail_at=4, error=InputError("no mask for this frame"))], lambda _: None)
    assert caught.value.exit_code == InputError.exit_code


def test_an_error_in_the_source_ends_the_run() -> None:
    def source() -> Iterator[int]:
        yield 1
        raise OSError("disk gone")

    with pytest.raises(FilterError, match="demux: failed: OSError: disk gone"):
        run(source(), [Step()], lambda _: None)


def test_an_error_in_the_sink_ends_the_run() -> None:
    def sink(_: Any) -> None:
        raise OSError("disk full")

    with pytest.raises(FilterError, match="write: failed: OSError: disk full"):
        run(range(1000), [Step(), Step()], sink)


def test_an_interrupt_in_the_calling_thread_stops_everything() -> None:
    def sink(item: int) -> None:
        if item > 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(range(10**9), [Step(2), Step(2)], sink)


def test_a_slow_sink_holds_the_source_back() -> None:
    given = 0

    def source() -> Iterator[int]:
        nonlocal given
        while given < 400:
            given += 1
            yield given

    ahead = []

    def sink(item: int) -> None:
        time.sleep(0.0005)
        ahead.append(given - item)

    run(source(), [Step(3), Step(3)], sink)
    assert max(ahead) <= 3 * 8 + 2 * 3 + 6  # three queues of 8, two latencies, one in each hand


def test_a_filter_that_can_begin_with_it_is_told_which_frame_waits_behind_the_one_it_gets() -> None:
    told: list[tuple[Any, Any]] = []

    class Foreteller(Step):
        def expect(self, item: Any) -> None:
            self.coming = item

        def push(self, item: Any) -> list[Any]:
            told.append((item, getattr(self, "coming", None)))
            self.coming = None
            time.sleep(0.02)  # the frames behind it arrive meanwhile
            return [item]

    class Gate(Step):
        def push(self, item: Any) -> list[Any]:  # lets nothing through until all is there
            self.held.append(item)
            return []

    mask = np.zeros((2, 2), np.uint8)
    frames = [MaskedFrame(frame_at(i), mask) for i in range(4)]
    run(iter(frames), [Gate(), Foreteller()], lambda _: None)
    assert [item for item, _ in told] == frames
    after = [*frames[1:], None]
    assert all(coming is None or coming is right for (_, coming), right in zip(told, after, strict=True))
    assert told[-1][1] is None
    assert any(coming is not None for _, coming in told)


def test_with_cores_to_spare_the_next_frame_waits_behind_however_large_frames_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Foreteller(Step):
        def expect(self, item: Any) -> None:
            told.append(item)

        def push(self, item: Any) -> list[Any]:
            time.sleep(0.02)
            return [item]

    told: list[Any] = []
    monkeypatch.setattr(runner, "Budget", lambda: Budget(1000))
    monkeypatch.setattr(runner, "usable_cores", lambda: 4)
    frames = [MaskedFrame(frame_at(i, size=(640, 480)), np.zeros((2, 2), np.uint8)) for i in range(6)]
    run(iter(frames), [Foreteller()], lambda _: None)
    assert told[-4:] == frames[2:]


def test_no_stage_holds_a_frame_while_there_is_no_room_behind_it(monkeypatch: pytest.MonkeyPatch) -> None:
    given, release = 0, threading.Event()

    def source() -> Iterator[av.VideoFrame]:
        nonlocal given
        while given < 12:
            given += 1
            yield frame_at(given, size=(640, 480))

    def sink(_: Any) -> None:
        if not release.is_set():
            time.sleep(0.3)
            in_work.append(given)
            release.set()

    in_work: list[int] = []
    monkeypatch.setattr(runner, "Budget", lambda: Budget(1000))
    run(source(), [Step(), Step()], sink)
    assert in_work == [3 + 2], "one in each of three queues, in the sink's hand and in the source's"


def test_speeds_count_items_and_busy_time_of_each_stage() -> None:
    stage = Stage("step", Step())
    Runner(range(50), [stage], lambda _: None).run()
    assert stage.items == 50
    assert 0 < stage.busy < 5


def test_what_is_to_happen_once_a_stage_is_reached_happens_once_and_first() -> None:
    said: list[str] = []

    class Saying(Step):
        def push(self, item: Any) -> list[Any]:
            said.append("item")
            return [item]

    stage = Stage("step", Saying(), on_first=lambda: said.append("first"))
    Runner(range(3), [stage], lambda _: None).run()
    assert said == ["first", "item", "item", "item"]


def test_a_queue_is_bounded_in_bytes_but_takes_one_item_of_any_size() -> None:
    big = frame_at(0, size=(640, 480))
    queue = BoundedQueue(Cancel(), budget=Budget(1000))
    queue.put(big)
    second = threading.Thread(target=queue.put, args=(big,))
    second.start()
    second.join(0.05)
    assert second.is_alive()
    queue.get()
    second.join(5)
    assert not second.is_alive()


def test_queues_of_a_run_share_their_bytes_and_an_empty_one_takes_its_item_all_the_same() -> None:
    big = frame_at(0, size=(640, 480))
    budget = Budget(1000)
    first, second = (BoundedQueue(Cancel(), budget=budget) for _ in range(2))
    first.put(big)
    second.put(big)  # else no link of a chain could move
    third = threading.Thread(target=second.put, args=(b"",))
    third.start()
    third.join(0.05)
    assert third.is_alive()
    first.get()
    second.get()
    third.join(5)
    assert not third.is_alive()
    assert second.full_s > 0.04
    assert first.full_s == 0


def test_cancelling_wakes_whoever_waits() -> None:
    cancel = Cancel()
    queue = BoundedQueue(cancel)
    raised = []

    def wait() -> None:
        try:
            queue.get()
        except Cancelled:
            raised.append(True)

    waiter = threading.Thread(target=wait)
    waiter.start()
    cancel.set(RuntimeError())
    waiter.join(5)
    assert raised == [True]
