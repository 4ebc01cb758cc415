-- What a publisher has spent, found without a look at other publishers' rows. Few different keys have many rows each, so the index stays
-- small, and an update of units and micros leaves it alone (docs/decisions/0005).
CREATE INDEX engagement_publisher ON engagement (publisher, day);
