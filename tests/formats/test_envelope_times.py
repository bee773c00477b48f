"""The times of many enveloped lines at once are those of each line alone."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from logviewer.cursor import source_key
from logviewer.files.byte_file import ByteFile
from logviewer.files.cells import NO_TIME
from logviewer.formats.envelope import time_of
from logviewer.formats.level_learner import CODE_OF
from logviewer.formats.line_classifier import LineClassifier
from logviewer.formats.line_format import PLAIN
from logviewer.rotation.generation import Generation
from tests.helpers.containers import FORMS, Form, Written, file_bytes

streams = st.sampled_from(["stdout", "stderr"])
texts = st.sampled_from(
    [
        "ERROR failed",
        "INFO fine",
        "",
        "x",
        '{"level":"warn","time":"2001-01-01T00:00:00Z"}',
        "2001-01-01 00:00:00 DEBUG",
        "é",
    ]
)
parts = st.one_of(
    st.builds(Written, streams, texts), st.builds(Written, streams, texts, st.booleans()), st.just(b"plain ERROR line")
)


@given(st.sampled_from(FORMS), st.lists(st.builds(Written, streams, texts), min_size=1), st.lists(parts, max_size=20))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize("part", ["all", "each second"])
def test_times_and_levels_of_many_lines(
    tmp_path: Path, part: str, form: Form, first: list[Written], more: list[Written | bytes]
) -> None:
    written = [*first, *more]
    data = b"".join(
        each + b"\n" if isinstance(each, bytes) else file_bytes(form, [each], number)
        for number, each in enumerate(written)
    )
    path = tmp_path / "0.log"
    path.write_bytes(data)
    generation = Generation(ByteFile.open(path), source_key("a"), PLAIN)
    line_format, size = generation.line_format, generation.size()
    shown = generation.pread(size, 0)
    starts = [0, *(at + 1 for at, code in enumerate(shown) if code == ord("\n"))][:-1]
    starts = starts if part == "all" else starts[::2]
    lines = [shown[at : shown.index(b"\n", at)].lstrip(b"\0").decode() for at in starts]
    classes = LineClassifier(generation.encoding, line_format).classify(shown, np.array(starts), guess=False)
    stamps = line_format.stamps(lambda: starts)
    times = [PLAIN.time(line) if stamp is None else time_of(stamp) for line, stamp in zip(lines, stamps, strict=True)]
    assert classes.times.tolist() == [NO_TIME if time is None else time for time in times]
    assert line_format.times(lines, lambda: starts) == times
    assert classes.codes.tolist() == [CODE_OF[PLAIN.level(line)] for line in lines]
    generation.file.close()
