"""What may be asked of the benchmarks."""

import pytest

from tests.benchmarks.__main__ import main


@pytest.mark.parametrize("asked", ["moddle", "--help", "pages=many", "scale=1000,1.5"])
def test_a_word_that_asks_for_no_benchmark_is_refused_before_anything_is_measured(asked, capsys):
    with pytest.raises(SystemExit) as refused:
        main(["pages", asked])
    assert str(refused.value).startswith(asked.partition("=")[0])
    assert not capsys.readouterr().out
