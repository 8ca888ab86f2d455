# ruff: noqa: E501 - a sentence is read whole
"""Texts of the checks of a duplex subdivision (DUP)."""

from __future__ import annotations

from typing import Final

__all__ = ["DUPLEX"]

DUPLEX: Final[dict[str, dict[str, dict[str, str]]]] = {
    "DUP-01": {
        "form": {
            "ar": "عدد الوحدات في الملف {total}، والمرخص في رخصة البناء كما في النموذج {wanted}.",
            "en": "The file has {total} units; the building permit, as the form says, permits {wanted}.",
        },
        "register": {
            "ar": "عدد الوحدات في الملف {total}، والمسجل على القطعة {parcel} في السجل {wanted}.",
            "en": "The file has {total} units; the register has {wanted} on parcel {parcel}.",
        },
        "changes": {
            "ar": "المسجل على القطعة {parcel} عدد الوحدات {wanted}، وسيصبح {total} بعد فرز الأدوار.",
            "en": "The register has {wanted} unit(s) on parcel {parcel}; with its floors as units there will be {total}.",
        },
        "one": {
            "ar": "عدد الوحدات {total}، والفرز لوحدتين على الأقل ({least}).",
            "en": "There is {total} unit; at least {least} are needed to divide anything.",
        },
        "unknown": {
            "ar": "لا يذكر السجل عدد الوحدات على القطعة {parcel}؛ يُطابق العدد {total} برخصة البناء.",
            "en": "The register does not say how many units stand on parcel {parcel}; compare the {total} with the building permit.",
        },
        "no_form": {
            "ar": "لم يُذكر عدد الوحدات المرخصة في النموذج، فلم يُقارن به العدد {total}.",
            "en": "The form does not say how many units are permitted; the {total} were not compared with it.",
        },
    },
    "DUP-02": {
        "": {
            "ar": "لا يُعرف عدد الوحدات على القطعة {part}: في الملف {file} عدد القطع {parts} وليس وحدة لكل منها. أضف الخاصية unit_count عددًا صحيحًا لكل قطعة.",
            "en": "It is not known how many units stand on part {part}: {file} draws {parts} part(s), which are not one for each unit. Give every part the attribute unit_count, a whole number.",
        },
    },
    "DUP-03": {
        "bent": {
            "ar": "خط الفرز بين القطعتين {first} و{second} غير مستقيم داخل المبنى: ينحرف {stray} م، والمقبول {tolerance} م. اجعله خطًا واحدًا على محور الجدار المشترك.",
            "en": "The line between parts {first} and {second} is not straight inside the building: it strays by {stray} m, {tolerance} m are accepted. Draw one line on the axis of the party wall.",
        },
        "off_wall": {
            "ar": "مبنى القطعة {first} يتجاوز خط الفرز إلى القطعة {second} بمساحة {area} م². ضع الخط على الجدار المشترك بين المبنيين.",
            "en": "The building of part {first} reaches over the dividing line into part {second} by {area} m². Put the line on the wall between the two buildings.",
        },
    },
    "DUP-04": {
        "": {
            "ar": "لا مبنى على القطعة {part} في الملف؛ فرز الدوبلكس لوحدات مبنية، وللأرض الفضاء خدمة فرز الأراضي.",
            "en": "No building stands on part {part} in the file; a duplex subdivision divides built units, vacant land has its own service.",
        },
    },
    "DUP-05": {
        "": {
            "ar": "مبنى في الملف يتجاوز حدود القطعة {parcel} بمساحة {area} م² (السماح {tolerance} م). صحح الرفع أو أزل التجاوز.",
            "en": "A building in the file reaches over the outline of parcel {parcel} by {area} m² (tolerance {tolerance} m). Correct the survey or remove what reaches over.",
        },
    },
    "DUP-06": {
        "": {
            "ar": "المواقف داخل القطعة {bays}، والمطلوب {total} لعدد الوحدات {units} ومساحة القطع.",
            "en": "There are {bays} parking bays inside the plot; {total} are required for {units} units and the size of the plots.",
        },
        "unknown": {
            "ar": "لم يُذكر عدد المواقف داخل القطعة في النموذج؛ المطلوب {total} لعدد الوحدات {units}.",
            "en": "The form does not say how many parking bays there are inside the plot; {total} are required for {units} units.",
        },
    },
    "DUP-07": {
        "": {
            "ar": "المباني تغطي {percent}% من القطعة {part} بعد الفرز، والحد الأعلى {most}%. تُراجع رخصة البناء.",
            "en": "Buildings cover {percent} % of part {part} after the division; {most} % is the most. Compare the building permit.",
        },
        "annex": {
            "ar": "الملحق العلوي يغطي {percent}% من القطعة {part} بعد الفرز، والحد الأعلى {most}%. تُراجع رخصة البناء.",
            "en": "The upper annex covers {percent} % of part {part} after the division; {most} % is the most. Compare the building permit.",
        },
    },
    "DUP-08": {
        "": {
            "ar": "لا مبنى في الملف {file} فلم يُفحص خط الفرز مع الجدار المشترك؛ تتحقق منه المعاينة. ارسم المباني في الطبقة BUILDING أو بالخاصية role=building.",
            "en": "The file {file} draws no building, so the line could not be compared with the party wall; the site visit must do it. Draw the buildings on layer BUILDING or with role=building.",
        },
    },
    "DUP-09": {
        "attached": {
            "ar": "واجهة القطعة {parcel} على الشارع {length} م، والمطلوب لفرز أدوار فيلا متصلة {least} م على الأقل.",
            "en": "Parcel {parcel} fronts the street by {length} m; an attached villa whose floors become units needs at least {least} m.",
        },
        "detached": {
            "ar": "واجهة القطعة {parcel} على الشارع {length} م، والمطلوب لفرز أدوار فيلا منفصلة {least} م على الأقل.",
            "en": "Parcel {parcel} fronts the street by {length} m; a detached villa whose floors become units needs at least {least} m.",
        },
    },
    "DUP-10": {
        "": {
            "ar": "في الملف {file} عدد المضلعات {count}؛ عند فرز الأدوار لا تُقسم الأرض فيُرسم مضلع القطعة وحده.",
            "en": "The file {file} draws {count} polygons; where floors become units the land is not divided, and only the parcel is drawn.",
        },
    },
}
