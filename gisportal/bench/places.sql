-- A city of places for measuring: 32 by 32 km of 1,024 districts, places in clusters as shops are, forty sorts of hours.
INSERT INTO layers_district (uid, begin_lifespan_version, name_ar, name_en, code, municipality, geom)
SELECT gen_random_uuid(), now(), 'حي ' || i || '/' || j, 'District ' || i || '/' || j, '', '',
       ST_Multi(ST_MakeEnvelope(394000 + 1000 * i, 2908000 + 1000 * j, 395000 + 1000 * i, 2909000 + 1000 * j, %(srid)s))
FROM generate_series(0, 31) i, generate_series(0, 31) j;

SELECT setseed(0.4711);
INSERT INTO layers_place (uid, begin_lifespan_version, name_ar, name_en, category, kind, opening_hours, phone,
                          address_ar, address_en, wheelchair, geom)
SELECT gen_random_uuid(), now(), 'محل رقم ' || n, 'Shop No. ' || n,
       (ARRAY['food', 'food', 'food', 'food', 'health', 'health', 'gas', 'water', 'repair', 'repair', 'mosque', 'mosque',
              'school', 'municipal', 'park', 'fuel', 'public_service'])[1 + n %% 17],
       (ARRAY['supermarket', 'convenience', 'bakery', 'pharmacy', 'clinic', ''])[1 + n %% 6],
       (ARRAY['24/7', 'Sa-Th 08:00-23:00; Fr 16:00-23:00', '', 'Su-Th 07:30-14:30; PH off',
              'Sa-Th 06:00-12:00,13:00-24:00'])[1 + n %% 5]
           || CASE WHEN n %% 5 = 1 THEN '; We ' || (6 + n %% 8) || ':00-20:00' ELSE '' END,
       '+966 13 000 ' || lpad((n %% 10000)::text, 4, '0'), 'شارع ' || n %% 900, 'Street ' || n %% 900,
       (ARRAY['', 'yes', 'no'])[1 + n %% 3],
       ST_SetSRID(ST_Point(
           394000 + 32000 * CASE WHEN n %% 3 = 0 THEN random() ELSE (floor(random() * 64) + random() * random()) / 64 END,
           2908000 + 32000 * CASE WHEN n %% 3 = 0 THEN random() ELSE (floor(random() * 64) + random() * random()) / 64 END),
           %(srid)s)
FROM generate_series(1, %(count)s) n;
