-- Old transmissions may go, and only those whose bytes the record has (delivered) or that never carried any (empty). The
-- newest stays whatever its age: the next number is counted from it, and a number is never given twice.

DROP TRIGGER transmission_kept_d;
DROP TRIGGER chunk_kept_d;
DROP TRIGGER closing_kept_d;
DROP TRIGGER delivery_kept_d;

CREATE TRIGGER chunk_kept_d BEFORE DELETE ON chunk
WHEN NOT EXISTS (SELECT 1 FROM delivery WHERE delivery.transmission = OLD.transmission)
 AND NOT EXISTS (SELECT 1 FROM closing WHERE closing.transmission = OLD.transmission AND closing.state = 'empty')
BEGIN SELECT RAISE(ABORT, 'the transmission is not delivered'); END;

CREATE TRIGGER delivery_kept_d BEFORE DELETE ON delivery
WHEN EXISTS (SELECT 1 FROM chunk WHERE chunk.transmission = OLD.transmission)
BEGIN SELECT RAISE(ABORT, 'the transmission still has its bytes'); END;

CREATE TRIGGER closing_kept_d BEFORE DELETE ON closing
WHEN EXISTS (SELECT 1 FROM chunk WHERE chunk.transmission = OLD.transmission)
BEGIN SELECT RAISE(ABORT, 'the transmission still has its bytes'); END;

CREATE TRIGGER transmission_kept_d BEFORE DELETE ON transmission
WHEN OLD.seq = (SELECT max(seq) FROM transmission)
  OR EXISTS (SELECT 1 FROM chunk WHERE chunk.transmission = OLD.seq)
BEGIN SELECT RAISE(ABORT, 'the newest transmission stays'); END;
