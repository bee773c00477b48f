"""Only regular files are opened, without blocking; a descriptor in use never becomes another file's."""

import contextlib
import errno
import os
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PosixPath

import pytest

from logviewer.errors import NotAFileError
from logviewer.files.byte_file import ByteFile, check_regular
from tests.helpers.server import until


def descriptors_on(directory: Path) -> list[int]:
    """Return the descriptors of this process on files below a directory, deleted ones too."""
    found = []
    for link in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            if link.readlink().is_relative_to(directory):
                found.append(int(link.name))
    return found


def pipe(path: Path) -> Path:
    os.mkfifo(path)
    return path


def listener(path: Path) -> Path:
    with socket.socket(socket.AF_UNIX) as bound:
        # A socket's address has fewer bytes than a path may have.
        directory = os.open(path.parent, os.O_PATH)
        bound.bind(f"/proc/self/fd/{directory}/{path.name}")
        os.close(directory)
    return path


class SwappedPath(PosixPath):
    """A path whose ``stat`` is a regular file's, although another kind of file is there."""

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        return Path(__file__).stat()


@pytest.fixture
def file(tmp_path: Path) -> ByteFile:
    path = tmp_path / "app.log"
    path.write_bytes(b"one\ntwo\n")
    return ByteFile.open(path)


IRREGULAR: dict[str, tuple[Callable[[Path], Path], str]] = {
    "directory": (lambda path: path.parent, "a directory"),
    "pipe": (pipe, "a pipe"),
    "socket": (listener, "a socket"),
    "device": (lambda _: Path("/dev/null"), "a device"),
}


@pytest.mark.parametrize(("make", "kind"), IRREGULAR.values(), ids=IRREGULAR)
def test_only_a_regular_file_is_opened(make: Callable[[Path], Path], kind: str, tmp_path: Path) -> None:
    path = make(tmp_path / "app.log")
    for refuse in (check_regular, ByteFile.open):
        with pytest.raises(NotAFileError, match=f"is {kind}, not a regular file"):
            refuse(path)


@pytest.mark.parametrize(("make", "kind"), IRREGULAR.values(), ids=IRREGULAR)
def test_a_symlink_to_another_kind_of_file_is_refused(make: Callable[[Path], Path], kind: str, tmp_path: Path) -> None:
    link = tmp_path / "link.log"
    link.symlink_to(make(tmp_path / "app.log"))
    with pytest.raises(NotAFileError, match=f"is {kind}, not a regular file"):
        ByteFile.open(link)


@pytest.mark.parametrize(
    "make", [pipe, lambda path: path.parent, lambda _: Path("/dev/null")], ids=["pipe", "directory", "device"]
)
def test_a_swap_just_before_the_open_is_refused(make: Callable[[Path], Path], tmp_path: Path) -> None:
    with pytest.raises(NotAFileError):
        ByteFile.open(SwappedPath(make(tmp_path / "app.log")))
    assert not descriptors_on(tmp_path)


def test_a_missing_file_raises_file_not_found_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        ByteFile.open(tmp_path / "app.log")


def test_a_symlink_is_followed(file: ByteFile, tmp_path: Path) -> None:
    link = tmp_path / "link.log"
    link.symlink_to(tmp_path / "app.log")
    assert ByteFile.open(link).identity == file.identity


def test_a_range_is_read(file: ByteFile) -> None:
    assert (file.pread(3, 0), file.pread(100, 4), file.pread(1, 8), file.pread(0, 0)) == (b"one", b"two\n", b"", b"")


def test_a_descriptor_stays_on_its_file(file: ByteFile, tmp_path: Path) -> None:
    (tmp_path / "app.log").rename(tmp_path / "app.log.1")
    (tmp_path / "app.log").write_bytes(b"new\n")
    (tmp_path / "app.log.1").unlink()
    assert file.pread(4, 0) == b"one\n"


def test_data_after_a_hole_is_found(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    with path.open("wb") as written:
        written.seek(1 << 33)
        written.write(b"end\n")
    file = ByteFile.open(path)
    assert (1 << 33) - (1 << 20) <= file.next_data(0) <= 1 << 33
    assert file.next_data(1 << 33) == 1 << 33
    assert file.next_data((1 << 33) + 4) == (1 << 33) + 4


def test_a_descriptor_is_not_given_to_child_processes(file: ByteFile, tmp_path: Path) -> None:
    assert [os.get_inheritable(each) for each in descriptors_on(tmp_path)] == [False]


# Closing


def test_a_closed_file_cannot_be_read(file: ByteFile, tmp_path: Path) -> None:
    file.close()
    for use in (lambda: file.pread(1, 0), file.stat, lambda: file.next_data(0), file.duplicate):
        with pytest.raises(OSError, match="closed"):
            use()
    assert not descriptors_on(tmp_path)


def test_closing_twice_closes_nothing_else(file: ByteFile, tmp_path: Path) -> None:
    file.close()
    other = ByteFile.open(tmp_path / "app.log")
    file.close()
    assert other.pread(3, 0) == b"one"


def test_a_duplicate_is_closed_separately(file: ByteFile, tmp_path: Path) -> None:
    copy = file.duplicate()
    assert copy.identity == file.identity
    file.close()
    assert copy.pread(3, 0) == b"one"
    copy.close()
    assert not descriptors_on(tmp_path)


def test_a_file_in_use_is_closed_after_its_last_user(file: ByteFile, tmp_path: Path) -> None:
    with file:
        file.close()
        assert len(descriptors_on(tmp_path)) == 1
    assert not descriptors_on(tmp_path)


def test_an_unreferenced_file_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.touch()
    for _ in range(50):
        ByteFile.open(path)
    assert not descriptors_on(tmp_path)


def test_a_file_closed_under_its_readers_is_never_another_file(tmp_path: Path) -> None:
    wanted, other = tmp_path / "wanted.log", tmp_path / "other.log"
    wanted.write_bytes(b"wanted\n")
    other.write_bytes(b"other!\n")
    done = threading.Event()

    def read_all(file: ByteFile) -> set[bytes]:
        seen = set()
        try:
            while True:
                seen.add(file.pread(7, 0))
        except OSError as error:
            assert error.errno != errno.EBADF
        return seen

    def take_free_descriptors() -> None:
        while not done.is_set():
            ByteFile.open(other).close()

    with ThreadPoolExecutor() as threads:
        taking = threads.submit(take_free_descriptors)
        for _ in range(30):
            file = ByteFile.open(wanted)
            readers = [threads.submit(read_all, file) for _ in range(3)]
            until(lambda: any(reader.running() for reader in readers), what="a reader")  # noqa: B023
            file.close()
            assert set().union(*(reader.result() for reader in readers)) <= {b"wanted\n"}
        done.set()
        taking.result()
    assert not descriptors_on(tmp_path)
