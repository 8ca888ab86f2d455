-- A document that others than the filer add, as the card says, is not handed in by the filer.

CREATE FUNCTION cases_guard_added_by() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM cases_case c JOIN cases_serviceversion v ON v.digest = c.version_id,
        jsonb_array_elements(v.card -> 'documents') d
        WHERE c.id = NEW.case_id AND c.filed_by_id = NEW.by_id AND d ->> 'code' = NEW.document
            AND jsonb_array_length(coalesce(d -> 'added_by', '[]')) > 0 AND NOT d -> 'added_by' ? 'filer')
    THEN
        PERFORM cases_refuse('casefile_added_by_others', format('document %s is not added by whoever filed the case', NEW.document));
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER casefile_added_by BEFORE INSERT ON cases_casefile FOR EACH ROW EXECUTE FUNCTION cases_guard_added_by();
