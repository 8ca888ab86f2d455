-- What the registry's answers may do to titles and deeds, whoever writes them (see docs/adr/0040).

-- Locks the numbers of deeds, in ascending order: of two who record the same deed, one sees the other's. Keys begin with
-- other bytes than those of titles and of parcel numbers.
CREATE FUNCTION register_lock_deeds(numbers text[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    k bigint;
BEGIN
    FOR k IN SELECT DISTINCT x'4445454400000000'::bigint + (hashtext(u)::bigint & 4294967295) AS key
             FROM unnest(numbers) AS u ORDER BY key LOOP
        PERFORM pg_advisory_xact_lock(k);
    END LOOP;
END
$$;

-- A deed's number with figures 0-9, and in Arabic ones: the same number.
CREATE FUNCTION register_latin_figures(number text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT translate(btrim(number), '٠١٢٣٤٥٦٧٨٩', '0123456789')
$$;
CREATE FUNCTION register_arabic_figures(number text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT translate(btrim(number), '0123456789', '٠١٢٣٤٥٦٧٨٩')
$$;

-- Refuses deeds that an entry records twice, or without what names them.
CREATE FUNCTION register_check_deeds(entry bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    bad record;
    deeds register_source[] := ARRAY(SELECT s FROM register_source s WHERE s.entry_id = entry AND s.kind = 'deed');
BEGIN
    IF cardinality(deeds) = 0 THEN
        RETURN;
    END IF;
    PERFORM register_lock_deeds(ARRAY(SELECT register_latin_figures(d.number) FROM unnest(deeds) AS d));
    SELECT d.number INTO bad FROM unnest(deeds) AS d
    WHERE btrim(d.number) = '' OR btrim(d.issuer) = '' OR btrim(d.hijri_date) = '' OR d.form NOT IN ('paper', 'electronic') LIMIT 1;
    IF FOUND THEN
        PERFORM register_refuse('deed_is_named', format('deed %s has no number, issuer, date or form', bad.number));
    END IF;
    SELECT d.number INTO bad FROM unnest(deeds) AS d JOIN register_source o ON o.kind = 'deed' AND o.id <> d.id
        AND o.number = ANY (ARRAY[d.number, register_latin_figures(d.number), register_arabic_figures(d.number)])
        AND btrim(o.issuer) = btrim(d.issuer)
        AND register_latin_figures(o.hijri_date) = register_latin_figures(d.hijri_date) LIMIT 1;
    IF FOUND THEN
        PERFORM register_refuse('deed_is_recorded_once', format('deed %s of this issuer and date is on record already', bad.number));
    END IF;
    SELECT d.number INTO bad FROM unnest(deeds) AS d
    WHERE NOT EXISTS (SELECT FROM register_baunitsource b WHERE b.source_id = d.id AND b.begin_entry_id = entry) LIMIT 1;
    IF FOUND THEN
        PERFORM register_refuse('deed_is_of_a_title', format('deed %s is of no title', bad.number));
    END IF;
END
$$;

-- Refuses an answer of the registry that is not whole: it settles all pending changes of its titles, as its entry says;
-- what it returns stays as it is; what it confirms keeps land, owners and restrictions and has a valid deed.
CREATE FUNCTION register_check_settled(e register_registerentry) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    c register_pendingdeedchange;
    t register_baunit;
    bad record;
    settled register_pendingdeedchange[] := ARRAY(SELECT p FROM register_pendingdeedchange p WHERE p.settled_by_id = e.id);
BEGIN
    FOREACH c IN ARRAY settled LOOP
        IF NOT EXISTS (
            SELECT FROM jsonb_array_elements(CASE jsonb_typeof(e.change_set -> 'operations') WHEN 'array'
                                             THEN e.change_set -> 'operations' ELSE '[]' END) AS o(op)
            WHERE o.op ->> 'op' = 'settle_deed' AND o.op ->> 'change_id' = c.id::text AND o.op ->> 'state' = c.state
              AND (c.state <> 'returned' OR coalesce(o.op ->> 'reason', '') <> ''))
        THEN
            PERFORM register_refuse('settlement_is_told', format('the entry does not say why change %s is %s', c.id, c.state));
        END IF;
        IF EXISTS (SELECT FROM register_pendingdeedchange p WHERE p.ba_unit_id = c.ba_unit_id AND p.state = 'pending')
           OR EXISTS (SELECT FROM unnest(settled) AS s WHERE s.ba_unit_id = c.ba_unit_id AND s.state <> c.state)
           OR EXISTS (SELECT FROM unnest(settled) AS s WHERE s.entry_id = e.id) THEN
            PERFORM register_refuse('settlement_is_whole', format('an answer settles all pending changes of title %s alike', c.ba_unit_id));
        END IF;
        SELECT * INTO t FROM register_baunit WHERE id = c.ba_unit_id;
        IF c.state = 'returned' AND (t.end_entry_id = e.id OR register_is_touched(t.id, e.id)
            OR EXISTS (SELECT FROM register_baunitsource b WHERE b.ba_unit_id = t.id AND e.id IN (b.begin_entry_id, b.end_entry_id)))
        THEN
            PERFORM register_refuse('returned_changes_nothing', format('what the registry returned of title %s stays as it is', t.id));
        ELSIF c.state = 'confirmed' AND t.end_entry_id IS NULL AND register_is_touched(t.id, e.id) THEN
            PERFORM register_refuse('confirmation_moves_nothing', format('a confirmation moves no land and no right of title %s', t.id));
        ELSIF c.state = 'confirmed' AND t.end_entry_id = e.id THEN
            PERFORM register_check_divided(t.id, e.id);
        ELSIF c.state = 'confirmed' AND t.end_entry_id IS NOT NULL THEN
            PERFORM register_refuse('settlement_is_whole', format('title %s ended by another entry than the one that settles it', t.id));
        END IF;
        SELECT u.id INTO bad FROM register_baunit u
        WHERE c.state = 'confirmed' AND u.end_entry_id IS NULL AND (u.id = t.id OR u.begin_entry_id = e.id)
          AND NOT EXISTS (SELECT FROM register_baunitsource b JOIN register_source s ON s.id = b.source_id
              WHERE b.ba_unit_id = u.id AND b.end_entry_id IS NULL AND s.kind = 'deed' AND s.is_valid) LIMIT 1;
        IF FOUND THEN
            PERFORM register_refuse('confirmed_title_has_a_deed', format('title %s was confirmed and has no valid deed', bad.id));
        END IF;
    END LOOP;
END
$$;

-- True if an entry began or ended a parcel, right or restriction of a title.
CREATE FUNCTION register_is_touched(title bigint, entry bigint) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM register_baunitparcel WHERE ba_unit_id = title AND entry IN (begin_entry_id, end_entry_id))
        OR EXISTS (SELECT FROM register_right WHERE ba_unit_id = title AND entry IN (begin_entry_id, end_entry_id))
        OR EXISTS (SELECT FROM register_restriction WHERE ba_unit_id = title AND entry IN (begin_entry_id, end_entry_id))
$$;

-- Refuses a division of a title by the registry that loses or moves land, owners or restrictions.
CREATE FUNCTION register_check_divided(title bigint, entry bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    parts bigint[] := ARRAY(
        SELECT DISTINCT n.ba_unit_id FROM register_baunitparcel o
        JOIN register_baunitparcel n ON n.parcel_uid = o.parcel_uid AND n.begin_entry_id = entry AND n.end_entry_id IS NULL
        JOIN register_baunit u ON u.id = n.ba_unit_id AND u.begin_entry_id = entry
        WHERE o.ba_unit_id = title AND o.end_entry_id = entry);
BEGIN
    IF EXISTS (
        SELECT parcel_uid FROM register_baunitparcel WHERE ba_unit_id = title AND end_entry_id = entry
        EXCEPT SELECT parcel_uid FROM register_baunitparcel WHERE ba_unit_id = ANY (parts) AND end_entry_id IS NULL)
       OR EXISTS (
        SELECT parcel_uid FROM register_baunitparcel WHERE ba_unit_id = ANY (parts) AND begin_entry_id = entry
        EXCEPT SELECT parcel_uid FROM register_baunitparcel WHERE ba_unit_id = title AND end_entry_id = entry)
       OR EXISTS (
        SELECT FROM register_baunit u WHERE u.begin_entry_id = entry
            AND NOT EXISTS (SELECT FROM register_baunitparcel n WHERE n.ba_unit_id = u.id AND n.end_entry_id IS NULL))
    THEN
        PERFORM register_refuse('division_keeps_the_land', format('title %s is divided into other land than its own', title));
    END IF;
    IF EXISTS (
        SELECT FROM unnest(parts) AS p WHERE EXISTS (
            (SELECT party_id, kind, share_numerator, share_denominator FROM register_right WHERE ba_unit_id = title AND end_entry_id = entry
             EXCEPT ALL
             SELECT party_id, kind, share_numerator, share_denominator FROM register_right WHERE ba_unit_id = p AND begin_entry_id = entry AND end_entry_id IS NULL)
            UNION ALL
            (SELECT party_id, kind, share_numerator, share_denominator FROM register_right WHERE ba_unit_id = p AND begin_entry_id = entry AND end_entry_id IS NULL
             EXCEPT ALL
             SELECT party_id, kind, share_numerator, share_denominator FROM register_right WHERE ba_unit_id = title AND end_entry_id = entry)))
    THEN
        PERFORM register_refuse('division_keeps_the_owners', format('title %s is divided among other owners or shares', title));
    END IF;
    IF EXISTS (
        SELECT FROM register_restriction r
        WHERE r.ba_unit_id = title AND r.end_entry_id = entry AND EXISTS (
            SELECT FROM unnest(parts) AS p
            WHERE (NOT EXISTS (SELECT FROM register_baunitparcel o WHERE o.ba_unit_id = title AND o.end_entry_id = entry
                                   AND o.parcel_uid = r.parcel_uid)
                   OR EXISTS (SELECT FROM register_baunitparcel n WHERE n.ba_unit_id = p AND n.parcel_uid = r.parcel_uid))
              AND NOT EXISTS (SELECT FROM register_restriction n WHERE n.ba_unit_id = p AND n.end_entry_id IS NULL
                  AND (n.kind, n.reference, n.holder) = (r.kind, r.reference, r.holder)
                  AND (n.parcel_uid IS NULL OR n.parcel_uid = r.parcel_uid))))
    THEN
        PERFORM register_refuse('division_keeps_the_restrictions', format('title %s is divided without what stands against it', title));
    END IF;
END
$$;

-- Deeds of a title that waits for the registry change by the registry's answer alone, and it does not end without one.
CREATE FUNCTION register_check_waiting(entry bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    bad record;
BEGIN
    SELECT b.ba_unit_id AS title INTO bad FROM (
        SELECT ba_unit_id FROM register_baunitsource WHERE begin_entry_id = entry
        UNION ALL SELECT ba_unit_id FROM register_baunitsource WHERE end_entry_id = entry) AS b
    JOIN register_pendingdeedchange c ON c.ba_unit_id = b.ba_unit_id AND c.state = 'pending' AND c.entry_id <> entry LIMIT 1;
    IF FOUND THEN
        PERFORM register_refuse('deeds_wait_for_the_registry', format('the deeds of title %s wait for the registry', bad.title));
    END IF;
    SELECT t.id AS title INTO bad FROM register_baunit t
    JOIN register_pendingdeedchange c ON c.ba_unit_id = t.id AND c.state = 'pending'
    WHERE t.end_entry_id = entry OR t.end_entry_id IS NOT NULL AND c.entry_id = entry LIMIT 1;
    IF FOUND THEN
        PERFORM register_refuse('ended_title_is_settled', format('title %s ends, or has ended, while its deed waits for the registry', bad.title));
    END IF;
END
$$;

-- The entry is closed first, so that nothing is added to what was looked at.
CREATE FUNCTION register_guard_deeds() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE
    titles bigint[];
BEGIN
    PERFORM register_check_entry(NEW.id);
    titles := ARRAY(SELECT ba_unit_id FROM register_pendingdeedchange WHERE settled_by_id = NEW.id
                    UNION SELECT ba_unit_id FROM register_pendingdeedchange WHERE entry_id = NEW.id
                    UNION SELECT ba_unit_id FROM register_baunitsource WHERE begin_entry_id = NEW.id
                    UNION SELECT ba_unit_id FROM register_baunitsource WHERE end_entry_id = NEW.id
                    UNION SELECT id FROM register_baunit WHERE end_entry_id = NEW.id);
    IF cardinality(titles) > 0 THEN
        PERFORM register_lock_titles(VARIADIC titles);
        PERFORM register_check_waiting(NEW.id);
        PERFORM register_check_settled(NEW);
    END IF;
    PERFORM register_check_deeds(NEW.id);
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER registerentry_deeds AFTER INSERT ON register_registerentry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION register_guard_deeds();

REVOKE EXECUTE ON FUNCTION register_lock_deeds(text[]), register_check_deeds(bigint), register_check_settled(register_registerentry),
    register_check_divided(bigint, bigint), register_check_waiting(bigint) FROM PUBLIC, gisportal_app;
