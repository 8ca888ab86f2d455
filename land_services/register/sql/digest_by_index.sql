-- A loading writes nearly every row of a young register. A plan made without knowing the entry takes all entries to be
-- as large, and reads seven tables through: 40 ms an entry with 100,000 parcels, one more for each more parcel. The index
-- serves the small entry and the loading alike.
ALTER FUNCTION register_entry_digest(bigint) SET enable_seqscan = off;
