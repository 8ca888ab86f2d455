"""The process that reads one raster: confined, told what to do by its argument, answering in lines of JSON.

It is started as ``python -I -B child.py <settings>`` by ``sandbox.py``: an interpreter that sees no environment of the
parent's. The settings are trusted (the parent wrote them); the raster is not.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any


def main() -> None:
    """Confine, convert; every way of failing that Python can see is answered as a refusal."""
    settings = json.loads(sys.argv[1])
    sys.path.insert(0, settings["root"])
    from tiles.raster import confine

    confine.die_with_parent(settings["parent"])
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    import numpy  # noqa: F401 - loaded before the limits, with everything that it maps
    import rasterio.shutil
    import rasterio.vrt  # noqa: F401

    from tiles.raster import checks, convert  # noqa: F401

    confine.limit_resources(settings["memory_bytes"], settings["cpu_s"], settings["file_bytes"])
    confine.leave_network()
    confine.stay_in_folder(settings["folder"], settings["readable"])
    tell(_answer(settings))
    os._exit(0)


def tell(message: dict[str, Any]) -> None:
    """Write one line to the parent."""
    line = json.dumps(message, ensure_ascii=True).encode() + b"\n"
    view = memoryview(line)
    while view:
        view = view[os.write(1, view) :]


def _answer(settings: dict[str, Any]) -> dict[str, Any]:
    from rasterio.errors import RasterioError

    from layers.srs import CrsRefused
    from tiles.raster.checks import inspect
    from tiles.raster.convert import convert
    from tiles.raster.errors import RasterRefused

    def progress(stage: str, done: int, total: int) -> None:
        tell({"progress": [stage, done, total]})

    try:
        if settings["task"] == "inspect":
            return {"done": inspect(settings["source"], settings["options"]).as_json()}
        return {"done": convert(settings["source"], settings["folder"], settings["options"], progress)}
    except RasterRefused as refused:
        return {"refused": refused.as_json()}
    except CrsRefused as refused:
        said = {"message_ar": refused.message_ar, "message_en": refused.message_en}
        return {"refused": {**said, "what": refused.what, "where": "", "todo": refused.todo}}
    except MemoryError:
        return {"failed": "memory", "detail": ""}
    except (RasterioError, OSError, ValueError) as error:
        return {
            "failed": "unreadable",
            "detail": f"{type(error).__name__}: {error}".replace(settings["source"], "it")[:300],
        }


if __name__ == "__main__":
    main()
