"""The benchmark of signed messages runs as a whole, in small."""

import pytest

from tests.benchmarks.bench_webhooks import bench

pytestmark = pytest.mark.long


def test_every_message_is_registered_once():
    report = bench(messages=20)

    assert report.parts["derive"].rows == 40
    assert report.parts["derive again"].rows == 0
