"""The command line as other programs rely on it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sounds import saved, tone
from transcribe import assets

TRANSCRIBE = str(Path(sys.executable).with_name("transcribe"))


def transcribe(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a person would, in a process of its own."""
    return subprocess.run(
        [TRANSCRIBE, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env={
            "PATH": "/usr/bin:/bin",
            "HOME": str(Path.home()),
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
            "NO_COLOR": "1",
            "COLUMNS": "200",
            **environment,
        },
    )


def lines_of(path: Path) -> list[dict[str, object]]:
    """The objects of a JSON-lines file."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_text_keeps_order_and_goes_on_after_a_bad_line(tmp_path: Path) -> None:
    """Each line of input has its line of output, also those that cannot be processed, which say why."""
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text(
        '{"id": "a", "text": "impression colon pneumonia period", "work_type": "radiology_report"}\n'
        "not json\n"
        '{"id": "c"}\n'
        '{"id": "d", "text": "fine period", "date_of_service": "yesterday"}\n'
        '{"id": "e", "text": "plan colon rest period"}\n'
    )
    done = transcribe("text", source, target)
    assert done.returncode == 0, done.stderr
    drafts = lines_of(target)
    assert [draft.get("id") for draft in drafts] == ["a", None, "c", "d", "e"]
    assert [("error" in draft) for draft in drafts] == [False, True, True, True, False]
    assert drafts[0]["text"] == "IMPRESSION:\n\nPneumonia."
    assert drafts[0]["work_type"] == "radiology_report"
    assert drafts[1]["error"] == {"code": "unusable_input", "message": "Line 2 is not JSON."}
    assert "fine" not in json.dumps(drafts[3])


def test_explain_tells_the_rules(tmp_path: Path) -> None:
    """With --explain a line says which rule made what of which words."""
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text('{"id": "a", "text": "rest period"}\n')
    assert transcribe("text", source, target, "--explain", "--only", "writeup").returncode == 0
    told = json.loads(target.read_text())["explain"]
    assert told == [{"rule": "command: period", "heard": "period", "written": "."}]


def test_written_text_is_not_changed(tmp_path: Path) -> None:
    """With --written the text comes out as it went in, with codes whose evidence lies inside it."""
    text = "ASSESSMENT:\n\n1. Essential hypertension.\n2. Type 2 diabetes mellitus without complications."
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text(json.dumps({"id": "a", "text": text, "date_of_service": "2026-06-01"}) + "\n")
    assert transcribe("text", source, target, "--written").returncode == 0
    (draft,) = lines_of(target)
    assert draft["text"] == text
    codes = draft["codes"]
    assert isinstance(codes, list)
    assert {code["code"] for code in codes} == {"I10", "E11.9"}
    for code in codes:
        assert all(0 <= span["start"] < span["end"] <= len(text) for span in code["evidence"])
        assert code["release"] == "2026-04"


def test_only_the_steps_asked_for_are_delivered(tmp_path: Path) -> None:
    """--only writeup writes up and neither reads nor codes; an unknown step is a usage error."""
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text('{"id": "a", "text": "assessment colon essential hypertension period"}\n')
    assert transcribe("text", source, target, "--only", "writeup").returncode == 0
    (draft,) = lines_of(target)
    assert (draft["entities"], draft["codes"]) == ([], [])
    assert transcribe("text", source, target, "--only", "everything").returncode == 2


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["text", "none.jsonl", "out.jsonl"], 4),
        (["run", "none.wav", "--out", "out"], 4),
        (["run", "--out", "out"], 2),
        (["run", "x.wav", "--out", "out", "--model", "nobody.en"], 5),
        (["models", "pull", "nobody.en"], 4),
        (["evaluate", "beauty", "gold.jsonl"], 2),
        (["codes", "search", "zzzzqqqq"], 4),
    ],
)
def test_refusals_have_their_exit_status_and_one_sentence(tmp_path: Path, arguments: list[str], status: int) -> None:
    """Exit statuses tell usage, unusable input, not found and missing parts apart, without a traceback."""
    done = subprocess.run([TRANSCRIBE, *arguments], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert done.stderr


def test_a_bad_recording_does_not_stop_the_others(tmp_path: Path) -> None:
    """A batch goes on after an unusable file, says which one and why, and ends with exit status 3."""
    (tmp_path / "empty.wav").write_bytes(b"")
    good = saved(tmp_path / "quiet.wav", tone(2.0, level=0.001))
    done = transcribe("run", tmp_path / "empty.wav", good, "--out", tmp_path / "out", "--json")
    assert done.returncode == 3, done.stderr
    first, second = json.loads(done.stdout)
    assert first["error"]["code"] == "unusable_input"
    assert "empty.wav" in first["error"]["message"]
    assert Path(second["docx"]).is_file()
    assert json.loads(Path(second["json"]).read_text("utf-8"))["heard"] == ""


def test_two_recordings_of_one_name_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    """Reports never overwrite each other."""
    (tmp_path / "a").mkdir()
    for path in (tmp_path / "note.wav", tmp_path / "a" / "note.wav"):
        saved(path, tone(1.0))
    done = transcribe("run", tmp_path / "note.wav", tmp_path / "a" / "note.wav", "--out", tmp_path / "out")
    assert done.returncode == 2
    assert not (tmp_path / "out").exists()


def test_models_and_codes_can_be_listed_by_machines() -> None:
    """--json lists models with their state, and the releases of the code tables."""
    models = json.loads(transcribe("models", "list", "--json").stdout)
    assert {"name": "dictation-demo", "state": "bundled"}.items() <= models[0].items() or any(
        row["name"] == "dictation-demo" and row["state"] == "bundled" for row in models
    )
    assert transcribe("models", "verify").returncode == 0
    assert transcribe("codes", "list", "--json").returncode == 0
    found = json.loads(transcribe("codes", "search", "essential", "hypertension", "--json").stdout)
    assert found[0]["code"] == "I10"


def test_doctor_finds_this_machine_fit(tmp_path: Path) -> None:
    """Everything that is needed is here; what is optional does not count."""
    done = transcribe("doctor", TRANSCRIBE_DATA_DIR=str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr


def test_evaluate_measures_a_persons_own_answers(tmp_path: Path) -> None:
    """Figures of all three tasks agree with counts by hand."""
    gold = tmp_path / "gold.jsonl"
    gold.write_text(
        '{"id": "1", "reference": "no acute distress", "heard": "no cute distress"}\n'
        '{"id": "2", "reference": "chest pain", "heard": "chest pain"}\n'
    )
    figures = json.loads(transcribe("evaluate", "recognise", gold, "--json").stdout)
    assert figures == {"word_error_rate": 0.2, "substitutions": 1, "deletions": 0, "insertions": 0, "words": 5}
    gold.write_text('{"id": "1", "spoken": "plan colon rest period", "written": "PLAN:\\n\\nRest."}\n')
    assert json.loads(transcribe("evaluate", "writeup", gold, "--json").stdout)["tokens_right"] == 1
    gold.write_text('{"id": "1", "text": "ASSESSMENT:\\n\\nEssential hypertension.", "codes": ["I10", "E11.9"]}\n')
    figures = json.loads(transcribe("evaluate", "codes", gold, "--json").stdout)
    assert (figures["precision"], figures["recall"], figures["expected"]) == (1, 0.5, 2)


def test_the_samples_lie_where_the_product_looks() -> None:
    """A checkout finds its samples."""
    assert (assets.shipped("samples") / "README.md").is_file()


def test_quiet_and_verbose_may_stand_anywhere(tmp_path: Path) -> None:
    """-q after the command is the same as before it; behind "--" it is an argument like any other."""
    assert transcribe("models", "list", "-q").returncode == 0
    assert transcribe("-q", "models", "list", "--json").returncode == 0
    assert transcribe("text", "--", "-q", tmp_path / "out.jsonl").returncode == 4


def test_where_nothing_can_be_written_is_told_before_anything_is_heard(tmp_path: Path) -> None:
    """An --out that is a file, or lies below one, is refused in one sentence."""
    taken = tmp_path / "taken"
    taken.write_text("mine")
    for out in (taken, taken / "below"):
        done = transcribe("run", saved(tmp_path / "a.wav", tone(1.0)), "--out", out)
        assert done.returncode == 1
        assert done.stderr.startswith(f"transcribe: {out} cannot be written")
        assert done.stderr.count("\n") == 1
    assert taken.read_text() == "mine"


def test_a_cache_that_cannot_be_made_fails_the_command_not_each_line(tmp_path: Path) -> None:
    """What is wrong with the machine is not reported as if it were wrong with the input."""
    taken, source, target = tmp_path / "taken", tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    taken.write_text("")
    source.write_text('{"id": "a", "text": "rest period"}\n')
    done = transcribe("text", source, target, TRANSCRIBE_CACHE_DIR=str(taken))
    assert (done.returncode, done.stdout) == (1, "")
    assert "Traceback" not in done.stderr
    assert not target.exists()


def test_lines_may_come_from_stdin_and_go_to_stdout(tmp_path: Path) -> None:
    """A hyphen stands for either."""
    source = tmp_path / "in.jsonl"
    source.write_text('{"id": "a", "text": "plan colon rest period"}\n')
    done = transcribe("text", source, "-", "--only", "writeup")
    assert json.loads(done.stdout)["text"] == "PLAN:\n\nRest."


def test_a_reader_that_leaves_early_sees_no_traceback() -> None:
    """A closed pipe behind stdout ends the command in silence."""
    command = f"{TRANSCRIBE} codes search pain --limit 3000 --json | head -n 1"
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("[\n", "")


def test_a_hub_out_of_reach_is_a_reason_to_try_later(tmp_path: Path) -> None:
    """Without a network the refusal says where to copy the model to, and nothing half-fetched is left."""
    done = transcribe("models", "pull", "tiny.en", "-q", HF_HUB_OFFLINE="1", TRANSCRIBE_CACHE_DIR=str(tmp_path))
    assert done.returncode == 75
    assert "copy the model's folder" in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.rglob("*.bin")) == []


@pytest.mark.slow
def test_what_was_written_is_told_when_a_later_step_fails(tmp_path: Path) -> None:
    """Without LibreOffice --pdf exits with 5, and the DOCX and JSON that were written are named all the same."""
    sample = assets.shipped("samples") / "letter.opus"
    done = transcribe("run", sample, "--out", tmp_path, "--pdf", "--json", PATH=str(tmp_path))
    assert done.returncode == 5
    (result,) = json.loads(done.stdout)
    assert Path(result["docx"]).is_file()
    assert Path(result["json"]).is_file()
    assert result["error"]["code"] == "missing_part"
