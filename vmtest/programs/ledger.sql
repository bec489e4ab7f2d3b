-- SPDX-License-Identifier: BSD-3-Clause
-- One large transaction on a file, spilled to it long before it is committed.
PRAGMA cache_size = 20;
PRAGMA temp_store = MEMORY;
CREATE TABLE ledger (id INTEGER PRIMARY KEY, account TEXT, amount INTEGER);
BEGIN;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 25000)
INSERT INTO ledger SELECT i, printf('account-%04d', i * 7919 % 1000), i * i % 100003 - 50000 FROM n;
UPDATE ledger SET amount = amount * 2 WHERE id % 3 = 0;
DELETE FROM ledger WHERE id % 7 = 0;
COMMIT;
PRAGMA integrity_check;
SELECT count(*), sum(amount), min(amount), max(amount) FROM ledger;
SELECT account, sum(amount) FROM ledger GROUP BY account ORDER BY 2, 1 LIMIT 20;
