"""What a decoder can do to the machine it runs on: nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.audio.attacker import TRIES
from tests.sounds import saved, tone
from transcribe.audio import decode, inspect, sandbox
from transcribe.audio.launcher import launch
from transcribe.doctor import examine
from transcribe.errors import TooLong, UnknownFormat, UnusableInput
from transcribe.settings import Settings

HERE = Path(__file__).parent
ABOUT = '{"container": "wav", "codec": "x", "channels": 1, "declared": 10}'

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the filter of system calls is Linux's")

BOTH = [
    pytest.param(
        True, id="with bubblewrap", marks=pytest.mark.skipif(not sandbox().bubblewrap, reason="no bubblewrap")
    ),
    pytest.param(False, id="without"),
]


def run(script: Path, *, bubblewrap: bool, cpu_seconds: int = 10) -> tuple[bytes, int]:
    with launch(
        script, file=subprocess.DEVNULL, cpu_seconds=cpu_seconds, libraries=("av",), bubblewrap=bubblewrap
    ) as it:
        said, _ = it.communicate(timeout=30)
    return said, it.returncode


@pytest.mark.parametrize("bubblewrap", BOTH)
def test_a_decoder_that_was_taken_over_can_do_nothing(bubblewrap: bool) -> None:
    """Files, sockets, processes, programs, 3 GB of memory, 10 GB of disk: all denied, with bubblewrap and without."""
    said, status = run(HERE / "attacker.py", bubblewrap=bubblewrap)
    told = json.loads(said)
    assert told.keys() == TRIES.keys()
    assert {name: how for name, how in told.items() if how not in ("PermissionError", "OSError", "MemoryError")} == {}
    assert told["take 3 GB of memory"] == "MemoryError"
    assert status == 0
    assert not Path("/tmp/filled").exists()


@pytest.mark.skipif(not sandbox().bubblewrap, reason="no bubblewrap")
def test_bubblewrap_alone_hides_the_machine() -> None:
    """Even before system calls are filtered, no file of the machine is there and no network."""
    script = HERE / "prying.py"
    said, _ = run(script, bubblewrap=True)
    seen = json.loads(said)
    assert seen["users"] is False
    assert seen["project"] is False
    assert seen["interfaces"] in ([], ["lo"])
    assert seen["processes"] <= 2


@pytest.mark.slow
@pytest.mark.parametrize("bubblewrap", BOTH)
def test_a_decoder_that_never_ends_is_ended(tmp_path: Path, bubblewrap: bool) -> None:
    """Processor time runs out, and the process with it."""
    script = tmp_path / "endless.py"
    script.write_text("def main(orders):\n    while True:\n        pass\n")
    began = time.monotonic()
    said, status = run(script, bubblewrap=bubblewrap, cpu_seconds=1)
    assert (said, status != 0) == (b"", True)
    assert time.monotonic() - began < 30


def test_the_password_is_in_no_list_of_processes(tmp_path: Path) -> None:
    """What a decoder is told travels through a pipe, not through arguments or the environment."""
    script = tmp_path / "waiting.py"
    script.write_text("def main(orders):\n    import sys\n    sys.stdin.buffer.read(1)\n")
    reading, writing = os.pipe()
    with launch(script, file=reading, cpu_seconds=5, orders={"password": "s3cret"}, bubblewrap=False) as process:
        for what in ("cmdline", "environ"):
            assert b"s3cret" not in Path(f"/proc/{process.pid}/{what}").read_bytes()
        os.close(writing)
    os.close(reading)


def test_the_doctor_says_which_walls_there_are(tmp_path: Path) -> None:
    """Whoever runs the product is told what stands between a file and the machine."""
    found = {each.what: each for each in examine(Settings(data_dir=tmp_path, cache_dir=tmp_path))}
    assert found["sandbox for recordings"].found == str(sandbox())
    assert str(sandbox()).endswith("limits")


TAKEN_OVER = {
    "dies": ("", UnusableInput, "before one sample"),
    "talks nonsense": ("os.write(1, os.urandom(10000))", UnusableInput, "before one sample"),
    "sends samples without a header": ("say(b'S', bytes(1000))", UnusableInput, "before one sample"),
    "tells nonsense": ("say(b'H', b'[[[')\n    say(b'S', bytes(8))\n    say(b'R', b'{\"gaps\": 7}')", None, ""),
    "never ends": (f"say(b'H', b'{ABOUT}')\n    while True: say(b'S', bytes(32000))", TooLong, "is longer"),
    "dies in the middle": (
        f"say(b'H', b'{ABOUT}')\n    [say(b'S', bytes(32000)) for _ in range(10)]\n    os.abort()",
        None,
        "cut_short",
    ),
}


@pytest.mark.parametrize("name", TAKEN_OVER)
def test_what_a_decoder_says_is_not_believed(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A decoder that dies or that a file has taken over can give samples or a refusal, and nothing else."""
    body, error, expected = TAKEN_OVER[name]
    script = tmp_path / "decoder.py"
    script.write_text(
        "import os, struct\n\n"
        "def say(kind, content):\n    os.write(1, struct.pack('>cI', kind, len(content)) + content)\n\n"
        f"def main(orders):\n    {body or 'os.abort()'}\n"
    )
    monkeypatch.setattr(decode, "_DECODER", script)
    path = saved(tmp_path / "a.wav", tone(1.0))
    if error:
        with pytest.raises(error, match=expected):
            inspect(path, most_seconds=60)
    else:
        assert expected in " ".join(flaw.kind for flaw in inspect(path).flaws)


LISTS = {
    "ffconcat": "ffconcat version 1.0\nfile {victim}\n",
    "HLS": "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{victim}\n#EXT-X-ENDLIST\n",
    "concat": "file '{victim}'\n",
    "M3U": "{victim}\n",
    "SDP": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 9 RTP/AVP 0\n",
    "DASH": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period><AdaptationSet>'
    '<Representation id="0" mimeType="audio/wav"><BaseURL>{victim}</BaseURL></Representation>'
    "</AdaptationSet></Period></MPD>",
    "IMF": '<?xml version="1.0"?><CompositionPlaylist xmlns="http://www.smpte-ra.org/schemas/2067-3/2016">'
    "<Id>urn:uuid:0</Id><SegmentList/></CompositionPlaylist>",
    "image list": "{victim}%03d.png\n",
    "filter": "amovie={victim}\n",
    "SMIL": "<smil><body><audio src='{victim}'/></body></smil>",
    "cue": 'FILE "{victim}" WAVE\n  TRACK 01 AUDIO\n    INDEX 01 00:00:00\n',
}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in ("ffconcat", "HLS") else pytest.mark.slow) for name in LISTS]
)
def test_a_list_cannot_lead_to_another_patients_recording(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A text that names a recording beside it gives none of its samples, by a relative name or a whole path."""
    victim = saved(tmp_path / "victim.wav", tone(1.0))
    monkeypatch.chdir(tmp_path)
    called = {"list.wav": victim.name, "list.m3u8": str(victim), "list.mpd": f"file://{victim}"}
    for place, other in called.items():
        path = tmp_path / place
        path.write_text(LISTS[name].format(victim=other))
        with pytest.raises(UnknownFormat):
            inspect(path)


def test_a_broken_decoder_is_a_refusal_not_a_crash(tmp_path: Path) -> None:
    """A recording whose frames have an impossible shape ends in a sentence; the caller goes on."""
    whole = bytearray(saved(tmp_path / "a.flac", tone(2.0), kind="flac").read_bytes())
    whole[8:42] = b"\xff" * 34
    path = tmp_path / "broken.flac"
    path.write_bytes(bytes(whole))
    with pytest.raises(UnusableInput):
        inspect(path)
