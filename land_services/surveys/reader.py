"""``read_survey``: a survey file of any accepted format -> one ``SurveyPlan``, read in a confined process."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from land_services.domain import SurveyPlan
from land_services.surveys.codec import load_answer
from land_services.surveys.errors import SurveyUnreadable, refusal
from land_services.surveys.limits import DEFAULT_LIMITS, Limits
from land_services.surveys.numbers import clean_text
from land_services.surveys.sandbox import open_regular, run_child

logger = logging.getLogger(__name__)

__all__ = ["DEFAULT_LIMITS", "Limits", "SurveyUnreadable", "read_survey"]


def read_survey(
    path: str | os.PathLike[str],
    *,
    crs: str | None = None,
    unit: str | None = None,
    limits: Limits = DEFAULT_LIMITS,
    file_name: str | None = None,
    points_only: bool = False,
) -> SurveyPlan:
    """Read a survey file.

    Parameters
    ----------
    path : path
        A regular file: GeoJSON, GeoPackage, zipped Shapefile, DXF, LandXML or a CSV list of points. Its content says
        which; its name only warns.
    crs : str, optional
        ``EPSG:n`` or ``local`` (a site grid); goes before what the file states.
    unit : str, optional
        ``m``, ``ft`` (0.3048 m) or ``us-ft`` (1200/3937 m); goes before what the file states.
    limits : Limits, optional
        Size, memory and time allowed.
    file_name : str, optional
        The name to show, where the file was stored under another one.
    points_only : bool, optional
        Take the numbered points alone, as a list of corners measured on the site has no polygon.

    Returns
    -------
    SurveyPlan
        Parts in the order of the file, in metres (degrees for a geographic CRS), x east, y north, in the file's CRS.
        ``remarks`` hold what was left out, joined or assumed; one of severity ``error`` (such as a repeated number)
        makes the plan unfit. ``where`` of every remark is in the plan's own coordinates, as the parts are.

    Raises
    ------
    SurveyUnreadable
        With every fault found, where no plan can be made of the file.
    """
    name = clean_text(Path(file_name if file_name is not None else os.fspath(path)).name)[:200] or "survey"
    with open_regular(Path(path), limits) as file:
        answer = run_child(file, {"name": name, "crs": crs, "unit": unit, "points_only": points_only}, limits)
    try:
        return load_answer(answer, name)
    except SurveyUnreadable as refused:
        for finding in refused.findings:
            if finding.rule == "SRV-99":
                logger.error("survey reader failed: %s", dict(finding.params))
        raise
    except (ValueError, KeyError, TypeError, IndexError) as error:
        logger.error("survey reader answered nonsense: %s", type(error).__name__)
        raise refusal("SRV-99", "", error=type(error).__name__, detail="") from None
