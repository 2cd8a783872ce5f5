"""From files to every check, as two commands. `whole.py FOLDER WORKSPACE`"""

import json
import subprocess
import sys
import time


def main(folder, workspace):
    begun = time.perf_counter()
    for words in (["add", "files", folder, "--embed"], ["check", "files"]):
        command = [sys.executable, "-m", "embedding_core", *words, "--workspace", workspace]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    print(json.dumps({"seconds": time.perf_counter() - begun}))


main(*sys.argv[1:])
