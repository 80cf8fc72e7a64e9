// What the rooms with pages work with: signin/ and account/.
#pragma once

#include "credentials/authenticators.hpp"
#include "credentials/challenges.hpp"
#include "credentials/metadata_file.hpp"
#include "credentials/passwords.hpp"
#include "credentials/push_requests.hpp"
#include "credentials/recovery_codes.hpp"
#include "identity/users.hpp"
#include "journey/engine.hpp"

namespace gatehouse::messages {
class PushOutlet;
}
namespace gatehouse::places {
class Places;
}

namespace gatehouse::journey {

struct Services {
    storage::Database& database;
    vault::Vault& vault;
    crypto::HashPool& hash_pool;
    credentials::BreachedPasswords const& breached_passwords;
    messages::Outbox& outbox;
    view::Pages const& pages;
    identity::Users const& users;
    credentials::Passwords const& passwords;
    credentials::Challenges const& challenges;
    credentials::Authenticators const& authenticators;
    credentials::RecoveryCodes const& recovery_codes;
    credentials::MetadataFile const& authenticator_metadata;
    credentials::PushDevices const& push_devices;
    credentials::PushRequests const& push_requests;
    messages::PushOutlet const& pushes;
    places::Places const& places;
    applications::Registry& registry;
    Engine& engine;
    bool development = false;
};

} // namespace gatehouse::journey
