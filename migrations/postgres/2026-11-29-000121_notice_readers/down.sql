DROP TABLE notice_readers;
