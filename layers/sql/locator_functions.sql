-- How names are compared: twin of layers/locator/normalise.py, which a test holds equal to it.
-- Alef forms, ya, ta marbuta and the seats of hamza are one letter each; tatweel and diacritics go; digits are latin.
CREATE FUNCTION layers_fold(a text, b text DEFAULT '') RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
    btrim(regexp_replace(
        translate(
            regexp_replace(
                lower(normalize(coalesce(a, '') || ' ' || coalesce(b, ''), NFKC) COLLATE "C.utf8"),
                '[\u0640\u064B-\u065F\u0670\u06D6-\u06ED]', '', 'g'),
            'أإآٱىةؤئکگی٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹',
            'اااا' || 'ي' || 'ه' || 'و' || 'ي' || 'ك' || 'ك' || 'ي' || '01234567890123456789'),
        '[^[:alnum:]]+' COLLATE "C.utf8", ' ', 'g'));

-- By what the hours of a place are found; the same in every database.
CREATE FUNCTION layers_hours_key(opening_hours text, ramadan_hours text, prayer_pause text) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
    hashtextextended(
        coalesce(opening_hours, '') || E'\n' || coalesce(ramadan_hours, '') || E'\n' || coalesce(prayer_pause, ''), 0);
