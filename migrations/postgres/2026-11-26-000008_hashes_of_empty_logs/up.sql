-- The hash before the first event is 32 zero bytes. Earlier builds left it empty in
-- districts whose log had no event yet, or none in archive files.
UPDATE district_heads SET hash = decode(repeat('00', 32), 'hex') WHERE length(hash) = 0;
UPDATE district_heads SET archived_hash = decode(repeat('00', 32), 'hex')
    WHERE length(archived_hash) = 0;
