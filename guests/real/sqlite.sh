# A database: rows, an index, a join, sums.
work() { { echo "create table turns(n); insert into turns values($1);"; cat "$input/rows.sql"; } | sqlite3 "rows.db"; }
