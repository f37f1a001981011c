"""A process that makes a scene and kills itself (SIGKILL) at a given point, once: see mortal.py.

`python -m tests.e2e.mortal_scene HOME POINT` begins a scene unless it was begun before, and prints its status
when it has ended.
"""

from __future__ import annotations

import sys
from pathlib import Path

from generators.scenes import SceneWish
from infra import logs
from infra.runs import ENDED
from tests.e2e.mortal import arm
from tests.infra.devstore_kit import SHOP
from tests.running import wait_for
from tests.scene_kit import opened
from webhook_app.recipes.scene import begin_scene

WISH = SceneWish("on a shelf", ("navy trousers", "seagreen bags"), ("3:4",), publish=True)


def main(home: Path, point: str) -> None:
    logs.configure("ERROR", as_json=False)
    noted = home / "scene"
    born_again = noted.exists()
    if point and born_again:
        arm(point)  # what was under way goes on at once
    with opened(home) as stage:
        if not born_again:
            if point:
                arm(point)
            noted.write_text(begin_scene(stage.services, SHOP, WISH, "test"))
        run_id = noted.read_text()
        wait_for(lambda: stage.services.runs.need(SHOP, run_id)["status"] in ENDED)
        record = stage.services.runs.need(SHOP, run_id)
        print(record["status"], record["reason"])  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
