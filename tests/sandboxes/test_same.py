"""The same commands give the same on both providers, and leave the same files behind."""

import asyncio

import pytest

from subterfuge.sandboxes.bashkit import BashkitSandboxEnvironment
from subterfuge.sandboxes.bwrap import BwrapSandboxEnvironment
from subterfuge.sandboxes.provider import Provider

FILES = {
    "/home/user/notes.txt": "one\ntwo\nthree\n",
    "/home/user/lib/tools.py": "def double(x):\n    return 2 * x\n",
    "/home/user/run.py": "import sys\nfrom lib.tools import double\n\nprint(double(int(sys.argv[1])))\n",
    "/home/user/test_tools.py": "from lib.tools import double\n\ndef test_it():\n    assert double(2) == 4\n",
    "/home/user/raw.bin": b"\xff\xfe\x00text\n",
}
COMMANDS = [
    "pwd; whoami; echo ~; ls /home",
    "ls; ls lib",
    "cat notes.txt; cat nonesuch",
    "sed -i 's/two/2/' notes.txt && cat notes.txt",
    "sed -i '1,2d' notes.txt; wc -l < notes.txt",
    "grep -n t notes.txt; grep -c zzz notes.txt",
    "grep -rn double . | sort",
    "cat > new.txt <<'EOF'\n$HOME stays\nEOF\ncat new.txt",
    "cat <<EOF >> notes.txt\n$((1 + 2)) at $(pwd)\nEOF\ntail -n 1 notes.txt",
    "cd lib\npwd",
    "export A=1 B='two words'; echo $A\necho $B",
    "python3 run.py 21",
    "python3 run.py x 2>/dev/null; echo $?",
    "python3 - <<'EOF'\nimport re\nprint(re.findall(r't\\w+', open('notes.txt').read()))\nEOF",
    'python -c \'import os; open("made", "w").write("1"); os.remove("notes.txt")\'; ls',
    "echo 5 | python3 -c 'print(int(input()) + 1)' | cat -n",
    "python3 -c 'import sys; sys.exit(3)'",
    "pytest -q -p no:cacheprovider 2>&1 | head -n 1",
    "sed -i 's/2 \\* x/3 * x/' lib/tools.py; pytest -q -p no:cacheprovider > out 2>&1; echo $?; rm out",
    "ln -s notes.txt link; readlink link; cat link; echo more >> link; tail -n 1 notes.txt",
    "ln -s nowhere dangling; cat dangling; rm dangling; ls",
    "mv notes.txt lib/; ls lib; cp lib/notes.txt back; rm -r lib; ls",
    "mkdir -p a/b/c; touch a/b/c/d; find a -type f; rmdir a 2>/dev/null; echo $?",
    "wc -c raw.bin; printf '\\377' >> raw.bin; wc -c raw.bin; rm notes.txt",
    'for f in *.py; do echo "$f: $(wc -l < $f)"; done; test -f run.py && echo yes || echo no',
    "nonesuch; echo $?",
    "false; exit 7",
    "head -n 2 notes.txt | sort -r | tr a-z A-Z; cut -c1 notes.txt; awk '{print NR}' notes.txt",
    "rm run.py; mkdir run.py; echo x > run.py/x; ls run.py",
    "echo out; echo err >&2; diff notes.txt raw.bin > /dev/null; echo $?",
]
LATER = 'pwd; echo "$A-$B"; ls'


async def episode(sandbox: Provider, command: str) -> list[object]:
    for path, contents in FILES.items():
        await sandbox.write_file(path, contents)
    seen: list[object] = []
    for line in (command, LATER):
        got = await sandbox.exec(["bash", "--login", "-c", line], timeout=20)
        seen += [got.returncode, got.stdout]
    seen.append(await sandbox.snapshot())
    await sandbox.close()
    return seen


@pytest.mark.parametrize("command", COMMANDS)
async def test_same(command: str) -> None:
    bashkit, bwrap = await asyncio.gather(
        episode(BashkitSandboxEnvironment(), command), episode(BwrapSandboxEnvironment(), command)
    )
    assert bashkit == bwrap
