-- How names are compared: twin of layers/locator/normalise.py, which a test holds equal to it; what is dropped, replaced
-- and what stands between words is said there. Capitals are lowered by letter, as in every other place of the database.
CREATE FUNCTION layers_fold(a text, b text DEFAULT '') RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
    regexp_replace(
        regexp_replace(
            btrim(regexp_replace(
                translate(
                    regexp_replace(
                        lower(normalize(coalesce(a, '') || ' ' || coalesce(b, ''), NFKD) COLLATE "C.utf8"),
                        '[\u0300-\u036f\u0610-\u061a\u0621\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed\u08d3-\u08ff\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]',
                        '', 'g'),
                    'ٱىیېےةہھەۃکڪگڭپچژڤڥڨٹڈڑںٯٮ٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹ıς',
                    'اييييهههههككككبجزففقتدرنقب01234567890123456789iσ'),
                '[\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00bf\u00d7\u00f7\u0600-\u060f\u061b-\u061f\u066a-\u066d\u06d4\u06dd\u06de\u06e9\u06fd\u06fe\u2000-\u2bff\u2e00-\u2e7f\u3000-\u3004\u3008-\u3020\u3030\ue000-\uf8ff\ufd3e-\ufd4f\ufdfc-\ufdff\ufe10-\ufe6f\uff00-\uff0f\ufff0-\uffff\U0001f000-\U0001faff]+',
                ' ', 'g'), ' '),
            '(^| )ال(?=[^ ]{2})', '\1', 'g'),
        '(^| )(?:al|el) (?=[^ ])', '\1', 'g');

-- By what the hours of a place are found; the same in every database.
CREATE FUNCTION layers_hours_key(opening_hours text, ramadan_hours text, prayer_pause text) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
    hashtextextended(
        coalesce(opening_hours, '') || E'\n' || coalesce(ramadan_hours, '') || E'\n' || coalesce(prayer_pause, ''), 0);
