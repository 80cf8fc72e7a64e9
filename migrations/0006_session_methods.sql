-- By which methods a session was opened, as bits of identity::Method: what they amount to is the policy's to say, and
-- differs between applications. Sessions from before prove nothing: people sign in again.
ALTER TABLE sessions ADD COLUMN methods BIGINT NOT NULL DEFAULT 0;
