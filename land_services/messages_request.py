# ruff: noqa: E501 - a sentence is read whole
"""Texts about what was asked for, before any file is read: the service, the parcels, the answers of the form (REQ)."""

from __future__ import annotations

from typing import Final

__all__ = ["REQUEST"]

REQUEST: Final[dict[str, dict[str, dict[str, str]]]] = {
    "REQ-01": {
        "": {
            "ar": "لا توجد خدمة مكانية بالرمز «{service}». الخدمات المتاحة: {services}.",
            "en": "There is no land service with the code '{service}'. There are: {services}.",
        },
    },
    "REQ-02": {
        "form": {
            "ar": "«{text}» ليس معرّف قطعة ولا رقمًا بالصيغة «المخطط/البلك/القطعة». ضع «-» مكان ما لا يوجد، مثل: 1234/-/17.",
            "en": "'{text}' is neither the uid of a parcel nor a number of the form PLAN/BLOCK/PARCEL. Write - for what there is not, for example: 1234/-/17.",
        },
        "several": {
            "ar": "الرقم «{text}» تحمله {count} من القطع القائمة. حدد القطعة بمعرّفها: {uids}.",
            "en": "The number '{text}' belongs to {count} current parcels. Name the parcel by its uid: {uids}.",
        },
    },
    "REQ-10": {
        "": {
            "ar": "«{field}»: هذا الحقل مطلوب، فأكمله.",
            "en": "'{field}' is required: fill it in.",
        },
    },
    "REQ-11": {
        "": {
            "ar": "«{field}»: «{value}» ليس رقمًا. اكتب رقمًا مثل 1250.5، بالأرقام العربية أو الغربية.",
            "en": "'{field}': '{value}' is not a number. Write a number such as 1250.5, in either digit system.",
        },
        "whole": {
            "ar": "«{field}»: «{value}» ليس عددًا صحيحًا. اكتبه بلا كسور.",
            "en": "'{field}': '{value}' is not a whole number. Write it without decimals.",
        },
        "money": {
            "ar": "«{field}»: «{value}» فيه أكثر من منزلتين عشريتين. اكتب المبلغ حتى الهللة.",
            "en": "'{field}': '{value}' has more than two decimals. Write the amount to the hundredth.",
        },
        "long": {
            "ar": "«{field}»: «{value}» أطول من المقبول. أقصاه {figures} رقمًا صحيحًا و{decimals} منازل عشرية.",
            "en": "'{field}': '{value}' is too long. At most {figures} figures and {decimals} decimals are taken.",
        },
    },
    "REQ-12": {
        "less": {
            "ar": "«{field}»: القيمة {value}{unit} أقل من الحد الأدنى {limit}{unit}. صحح القيمة.",
            "en": "'{field}': {value}{unit} is less than the least allowed, {limit}{unit}. Correct the value.",
        },
        "more": {
            "ar": "«{field}»: القيمة {value}{unit} أكثر من الحد الأعلى {limit}{unit}. صحح القيمة.",
            "en": "'{field}': {value}{unit} is more than the most allowed, {limit}{unit}. Correct the value.",
        },
    },
    "REQ-13": {
        "": {
            "ar": "«{field}»: «{value}» ليس تاريخًا. اكتب السنة ثم الشهر ثم اليوم، مثل 1448/06/12 أو 2026-11-22.",
            "en": "'{field}': '{value}' is not a date. Write year, month and day, such as 2026-11-22 or 1448/06/12.",
        },
        "none": {
            "ar": "«{field}»: لا يوجد يوم بالتاريخ «{value}». راجع الشهر واليوم.",
            "en": "'{field}': there is no day '{value}'. Check the month and the day.",
        },
        "year": {
            "ar": "«{field}»: سنة «{value}» خارج المقبول: من 1343 إلى 1500 هجرية، أو من 1800 إلى 2200 ميلادية.",
            "en": "'{field}': the year of '{value}' is out of range: 1343 to 1500 AH, or 1800 to 2200.",
        },
    },
    "REQ-14": {
        "": {
            "ar": "«{field}»: «{value}» ليس من الاختيارات. اختر واحدًا مما يلي: {options}.",
            "en": "'{field}': '{value}' is not one of the choices. Choose one of: {options}.",
        },
    },
    "REQ-15": {
        "": {
            "ar": "«{field}»: عدد الأحرف {count}، وأقصاه {most}. اختصر النص.",
            "en": "'{field}' has {count} characters, {most} are allowed. Shorten the text.",
        },
        "kind": {
            "ar": "«{field}»: المطلوب نص.",
            "en": "'{field}' must be a text.",
        },
    },
    "REQ-16": {
        "email": {
            "ar": "«{field}»: «{value}» ليس بريدًا إلكترونيًا. اكتبه مثل name@example.sa.",
            "en": "'{field}': '{value}' is not an e-mail address. Write it as name@example.sa.",
        },
        "phone": {
            "ar": "«{field}»: «{value}» ليس رقم هاتف. اكتب من 7 أرقام إلى 15، مثل 0501234567 أو +966501234567.",
            "en": "'{field}': '{value}' is not a telephone number. Write 7 to 15 figures, such as 0501234567 or +966501234567.",
        },
        "parcel": {
            "ar": "«{field}»: «{value}» ليس معرّف قطعة ولا رقمًا بالصيغة «المخطط/البلك/القطعة». ضع «-» مكان ما لا يوجد.",
            "en": "'{field}': '{value}' is neither the uid of a parcel nor a number of the form PLAN/BLOCK/PARCEL. Write - for what there is not.",
        },
    },
    "REQ-17": {
        "": {
            "ar": "«{field}»: أجب بنعم أو لا.",
            "en": "'{field}': answer yes or no.",
        },
    },
    "REQ-18": {
        "": {
            "ar": "«{field}» ليس من حقول نموذج هذه الخدمة. احذفه أو صحح اسمه.",
            "en": "'{field}' is not a field of this service's form. Remove it or correct its name.",
        },
    },
    "REQ-21": {
        "": {
            "ar": "الوثيقة «{document}» مطلوبة، فأرفقها.",
            "en": "The document '{document}' is required: attach it.",
        },
    },
    "REQ-22": {
        "": {
            "ar": "لم تُحدد قطعة الأرض التي يخصها الطلب.",
            "en": "The parcel that the request is about is not named.",
        },
    },
    "REQ-23": {
        "": {
            "ar": "لا يوجد ملف مساحي مقبول بعد: ارفع ملفًا وعالج ما يظهر من نتائج.",
            "en": "There is no fit survey file yet: hand one in and mend what is found in it.",
        },
        "form": {
            "ar": "تغيّر النموذج بعد فحص الملف المساحي وهو يُفحص مع النموذج؛ سلّم الملف مرة أخرى.",
            "en": "The form was changed after the survey file was checked beside it; hand the file in again.",
        },
    },
    "REQ-24": {
        "": {
            "ar": "الملاحظة رقم {number} لم يُجب عنها بعد.",
            "en": "Remark number {number} is not answered yet.",
        },
    },
    "REQ-25": {
        "": {
            "ar": "انتهى ترخيص المكتب في {date}: جدّده قبل التقديم.",
            "en": "The office's licence ended on {date}: renew it before you file.",
        },
        "not_begun": {
            "ar": "يبدأ ترخيص المكتب في {date}: قدّم الطلب من ذلك اليوم.",
            "en": "The office's licence begins on {date}: file from that day on.",
        },
        "unrecorded": {
            "ar": "لا ترخيص مسجلًا لمكتبكم لدى البلدية: اطلب تسجيله قبل التقديم.",
            "en": "The municipality has no licence of your office on record: have it registered before you file.",
        },
    },
    "REQ-26": {
        "": {
            "ar": "المكتب موقوف منذ {date} حتى إشعار آخر: راجع إدارة المكاتب الهندسية.",
            "en": "The office is suspended since {date} until further notice: ask the section for engineering offices.",
        },
        "until": {
            "ar": "المكتب موقوف منذ {date}: قدّم الطلب من {after}.",
            "en": "The office is suspended since {date}: file from {after} on.",
        },
    },
    "REQ-27": {
        "": {
            "ar": "ينتهي ترخيص المكتب في {date}: جدّده قبل ذلك ليستمر التقديم.",
            "en": "The office's licence ends on {date}: renew it before then, so that you can go on filing.",
        },
    },
    "REQ-28": {
        "": {
            "ar": "لا تمثل هذه الجهة: سجّل وكالة سارية منها.",
            "en": "You do not speak for this office or person: have an authorisation in force registered.",
        },
        "ended": {
            "ar": "انتهت الوكالة في {date}: سجّل وكالة سارية.",
            "en": "The authorisation ended on {date}: have one in force registered.",
        },
        "revoked": {
            "ar": "أُلغيت الوكالة في {date}: سجّل وكالة سارية.",
            "en": "The authorisation was revoked on {date}: have one in force registered.",
        },
        "not_begun": {
            "ar": "تبدأ الوكالة في {date}: قدّم الطلب من ذلك اليوم.",
            "en": "The authorisation begins on {date}: file from that day on.",
        },
        "for_others": {
            "ar": "الوكالة المسجلة لخدمات أخرى: {services}. سجّل وكالة لهذه الخدمة.",
            "en": "The authorisation on record is for other services: {services}. Have one for this service registered.",
        },
    },
    "REQ-29": {
        "": {
            "ar": "تمثل أكثر من مكتب هندسي: اختر المكتب الذي تقدّم عنه.",
            "en": "You speak for several engineering offices: choose the one you file for.",
        },
    },
    "REQ-30": {
        "": {
            "ar": "تُقدَّم هذه الخدمة من مكتب مصنف في: {needed}. تصنيف مكتبكم: {held}. اطلب إضافة التصنيف أو كلّف مكتبًا مصنفًا فيه.",
            "en": "This service is filed by an office classified for: {needed}. Yours is classified for: {held}. Have the class added, or have an office that holds it file.",
        },
        "unrecorded": {
            "ar": "تُقدَّم هذه الخدمة من مكتب مصنف في: {needed}. لا تصنيف مسجلًا لمكتبكم: اطلب تسجيله قبل التقديم.",
            "en": "This service is filed by an office classified for: {needed}. No class of your office is registered: have it registered before you file.",
        },
        "no_office": {
            "ar": "تُقدَّم هذه الخدمة من مكتب مصنف في: {needed}. حسابكم غير مرتبط بمكتب: اطلب ربطه بمكتبكم.",
            "en": "This service is filed by an office classified for: {needed}. Your account belongs to no office: have it joined to yours.",
        },
    },
    "REQ-31": {
        "ended": {
            "ar": "انتهت الوكالة رقم {paper} من المالك {owner} (حصته {share}) في {date}: سجّل وكالة سارية منه.",
            "en": "The authorisation no. {paper} by owner {owner} (share {share}) ended on {date}: have one in force registered.",
        },
        "revoked": {
            "ar": "ألغى المالك {owner} (حصته {share}) الوكالة رقم {paper} في {date}: سجّل وكالة سارية منه.",
            "en": "Owner {owner} (share {share}) revoked the authorisation no. {paper} on {date}: have one in force registered.",
        },
        "not_begun": {
            "ar": "تبدأ الوكالة رقم {paper} من المالك {owner} (حصته {share}) في {date}: قدّم الطلب من ذلك اليوم.",
            "en": "The authorisation no. {paper} by owner {owner} (share {share}) begins on {date}: file from that day on.",
        },
        "for_others": {
            "ar": "الوكالة رقم {paper} من المالك {owner} (حصته {share}) لخدمات أخرى: {services}. سجّل وكالة منه لهذه الخدمة.",
            "en": "The authorisation no. {paper} by owner {owner} (share {share}) is for other services: {services}. Have one for this service registered.",
        },
    },
    "REQ-32": {
        "unknown": {
            "ar": "لا يوجد قرار مساحي بالرقم {number}: انقله كما هو مطبوع في أعلى القرار.",
            "en": "There is no survey decision of number {number}: copy it as it is printed at its head.",
        },
        "not_yours": {
            "ar": "القرار {number} ليس لقطعة تملكها أو تمثل مالكها، ولم يصدر عن طريق مكتبك.",
            "en": "Decision {number} is not about land that you own or speak for, nor was it issued through your office.",
        },
        "expired": {
            "ar": "انتهت صلاحية القرار {number}: قدّم طلب قرار مساحي جديد برفع جديد.",
            "en": "Decision {number} has expired: file for a new survey decision with a new survey.",
        },
        "superseded": {
            "ar": "حل القرار {by} محل القرار {number}: قدّم الطلب على الأحدث.",
            "en": "Decision {number} was superseded by {by}: file about the newer one.",
        },
        "outdated": {
            "ar": "تغيّرت أرض القرار {number} بعد صدوره: قدّم طلب قرار مساحي جديد برفع جديد.",
            "en": "The land of decision {number} has changed since: file for a new survey decision with a new survey.",
        },
        "permit": {
            "ar": "بُنيت على القرار {number} رخصة البناء {permit}: لا يُعدَّل ولا يُعاد إصداره ما دامت قائمة أو قيد الدراسة.",
            "en": "Building permit {permit} is built on decision {number}: while it is asked for or stands, the decision is neither changed nor issued again.",
        },
    },
}
