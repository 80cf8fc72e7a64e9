-- Requests to a device that came from somebody who had proven nothing yet: counted by themselves, so that strangers use
-- up nothing of what the owner's own sign-ins may ask. State 'nobody': a row that asks no device, made for an account
-- that has none or does not exist.
ALTER TABLE push_requests ADD COLUMN unproven BIGINT NOT NULL DEFAULT 0;
