"""What the script of a field visit's page says; the page itself says the rest."""

from __future__ import annotations

from django.utils.translation import gettext as _

__all__ = ["field_words"]


def field_words() -> dict[str, str]:
    """Return the words in the language of the page."""
    return {
        "online": _("Connected"),
        "offline": _("No connection: all is kept on this device"),
        "prepared": _("Kept on this device: {time}"),
        "prepared_chip": _("Ready for the field"),
        "preparing": _("Being kept…"),
        "prepare_failed": _("It could not be kept. Is there a connection? What was kept before is still there."),
        "agreed": _("Agreed date"),
        "service": _("Service"),
        "parcels": _("Parcels"),
        "corner": _("Corner {number}"),
        "of_parcel": _("parcel {number}"),
        "side": _("Side {label}, {length} m"),
        "whole": _("the whole site"),
        "marked": _("{n} of {all} marked"),
        "count": "{n}",
        "unmeasured": _("not measured"),
        "note_of": _("Note on corner {number}"),
        "point_of": _("Measured point of corner {number}"),
        "state_of": _("The mark of corner {number}"),
        "distance": _("{distance} m from where it is registered; tolerance {tolerance} m."),
        "position": _("Position ± {accuracy} m"),
        "no_position": _("without a position"),
        "asking_position": _("position is being asked for"),
        "sent_already": _("already sent"),
        "photo_of": _("Photo {n}"),
        "subject_of": _("What photo {n} shows"),
        "photo_note_of": _("Note on photo {n}"),
        "not_a_photo": _("Only JPEG and PNG photos are taken; {name} is none."),
        "too_large": _("{name} is larger than {mb} MB."),
        "points_read": _("{n} points · {crs}"),
        "points_unread": _("The file is read when it is sent · {crs}"),
        "bad_lines": _("lines without a point: {lines}"),
        "no_points": _("No point is found in this file with these columns. Choose the columns, or another file."),
        "typed": _("written down · {crs}"),
        "device": _("this device · ± {accuracy} m"),
        "bad_number": _("Write the coordinates as numbers, such as 411030.250."),
        "here": _("You are here, ± {accuracy} m."),
        "no_here": _("This device gives no position here."),
        "full": _("This device has no room for it. Delete something else from it and try again."),
        "not_kept": _("It could not be kept on this device. Save what there is as a file."),
        "sum_photos": _("Photos: {n}"),
        "sum_marks": _("Marks of corners: {n}"),
        "sum_points": _("Measured corners: {n}"),
        "sum_offences": _("Offences: {n}"),
        "sum_report": _("Report: {n} characters"),
        "write_report": _("Write what was found on the site first."),
        "waits": _("It will be sent as soon as there is a connection; keep this page open or open it again then."),
        "sending": _("Sending {name}"),
        "sending_record": _("Sending the record of the visit"),
        "sent": _("Sent and confirmed."),
        "no_connection": _(
            "There is no connection, or it broke. Nothing is lost: send again, nothing is stored twice."
        ),
        "another": _("Another person is signed in here. What you collected opens again when you sign in."),
        "other_content": _("The server's receipt does not match what is on this device; nothing was cleared."),
        "later_changes": _(
            "The visit was recorded with what was sent before. Your later changes are not in it: save them as a file."
        ),
        "server": _("The server could not do it now. Nothing is lost; send again in a while."),
        "not_taken": _("The server did not take it. Open the page anew, then send again."),
        "open_elsewhere": _(
            "This visit is open in another tab or window. Go on there, or close it and open this again."
        ),
        "old": _("This was kept by an earlier release. Send it, or save it as a file."),
        "over": _("What you collected is still on this device; save it as a file to hand it in otherwise."),
        "changed": _("Kept."),
        "map_error": _("The map could not be drawn. The tables on this page hold the same facts."),
        "error": _("The map could not be drawn. The tables on this page hold the same facts."),
    }
