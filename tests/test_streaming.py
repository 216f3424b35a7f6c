"""Work that is done ahead: nothing is lost, reordered, or made long before it is asked for."""

from __future__ import annotations

import threading

import pytest

from pipelines.streaming import prefetch


def test_results_come_in_order_although_the_first_takes_longest() -> None:
    second_done = threading.Event()

    def work(number: int) -> int:
        if number == 0:
            assert second_done.wait(300), "the second was not begun beside the first"
        second_done.set()
        return number * number

    assert list(prefetch(work, range(5), threads=2)) == [0, 1, 4, 9, 16]


@pytest.mark.parametrize("threads", [1, 2])
def test_only_what_will_soon_be_asked_for_is_made(threads: int) -> None:
    taken: list[int] = []

    def items() -> object:
        for number in range(100):
            taken.append(number)
            yield number

    results = prefetch(lambda number: number, items(), threads)  # type: ignore[arg-type]
    assert next(results) == 0
    assert len(taken) == threads + 1


def test_an_error_comes_where_its_result_would_have_and_nothing_after_it() -> None:
    results = prefetch(lambda number: 1 // number, [2, 1, 0, 1], threads=2)
    assert [next(results), next(results)] == [0, 1]
    with pytest.raises(ZeroDivisionError):
        next(results)
    assert list(results) == []


def test_nothing_comes_of_nothing() -> None:
    assert list(prefetch(str, [], threads=2)) == []
