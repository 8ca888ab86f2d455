"""What people do with a case. Each act is one function and one transaction: it holds the case, asks whether it is open
to this person now, does it, keeps a step and an audit row, and carries the case on. Pages, API, commands and tests call
these and nothing else.
"""

from __future__ import annotations

from .decision import approve
from .ending import reject, reopen, stop, withdraw
from .escalate import DueNotice, warn_due
from .fieldwork import FieldSent, hold_in_field, take_from_field
from .files import attach
from .filing import answer, fill, open_case, secret_of, submit
from .issue import issue
from .money import pay
from .referral import answer_referral, fire_defaults, refer
from .registry import confirm, deed_returned, give_up_deed, send_again
from .review import RemarkMade, assign, finish, give_back, send_back, take
from .sitting import minute
from .survey import hand_in
from .talking import say
from .visiting import agree_visit, hold_visit, propose_visit

__all__ = [
    "DueNotice",
    "FieldSent",
    "RemarkMade",
    "agree_visit",
    "answer",
    "answer_referral",
    "approve",
    "assign",
    "attach",
    "confirm",
    "deed_returned",
    "fill",
    "finish",
    "fire_defaults",
    "give_back",
    "give_up_deed",
    "hand_in",
    "hold_in_field",
    "hold_visit",
    "issue",
    "minute",
    "open_case",
    "pay",
    "propose_visit",
    "refer",
    "reject",
    "reopen",
    "say",
    "secret_of",
    "send_again",
    "send_back",
    "stop",
    "submit",
    "take",
    "take_from_field",
    "warn_due",
    "withdraw",
]
