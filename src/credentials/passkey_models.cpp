// Names of authenticators that are widely used, by AAGUID. Only for the name that a person finds in the list: nothing
// is decided by it, and without attestation an authenticator may say what it likes.
#include "credentials/passkeys.hpp"

#include <algorithm>

namespace gatehouse::credentials {

namespace {

struct Model {
    std::string_view aaguid;
    std::string_view name;
};
constexpr Model kModels[] = {
    {"08987058cadc4b81b6e130de50dcbe96", "Windows Hello"},
    {"0ea242b443c44a1b8b17dd6d0b6baec6", "Keeper"},
    {"149a20218ef6413396b881f8d5b7f1f5", "Security Key by Yubico"},
    {"2fc0579f811347eab116bb5a8db9202a", "YubiKey 5"},
    {"50726f746f6e5061737350726f746f6e", "Proton Pass"},
    {"531126d6e717415c93203d9aa6981239", "Dashlane"},
    {"53414d53554e47000000000000000000", "Samsung Pass"},
    {"6028b017b1d44c02b4b3afcdafc96bb2", "Windows Hello"},
    {"6d44ba9bf6ec2e49b9300c8fe920cb73", "Security Key by Yubico"},
    {"771b48fdd3d44f749232fc157ab0507a", "Edge on macOS"},
    {"9ddd1817af5a4672a2b93e3dd95000a9", "Windows Hello"},
    {"adce000235bcc60a648b0b25f1f05503", "Chrome on macOS"},
    {"b53976664885aa6bcebfe52262a439a2", "Chromium"},
    {"b84e404815dc4dd08640f4f60813c8af", "NordPass"},
    {"bada5566a7aa401fbd9645619a55120d", "1Password"},
    {"c1f9a0bc1dd2404ab27f8e29047a43fd", "YubiKey 5"},
    {"cb69481e8ff7403993ec0a2729a154a8", "YubiKey 5"},
    {"d548826e79b4db40a3d811116f7e8349", "Bitwarden"},
    {"d8522d9f575b486688a9ba99fa02f35b", "YubiKey Bio"},
    {"dd4ec289e01d41c9bb8970fa845d4bf2", "Apple Passwords"},
    {"ea9b8d664d011d213ce4b6b48cb575d4", "Google Password Manager"},
    {"ee882879721c491397753dfcce97072a", "YubiKey 5"},
    {"f38095407f1449c1a8b38f813b225541", "Enpass"},
    {"f8a011f38c0a4d15800617111f9edc7d", "Security Key by Yubico"},
    {"fa2b99dc9e3942578f924a30d23c4118", "YubiKey 5"},
    {"fbfc3007154e4ecc8c0b6e020557d7bd", "Apple Passwords"},
    {"fdb141b25d84443e8a354698c205a502", "KeePassXC"},
};

} // namespace

std::string_view name_of_model(webauthn::Aaguid const& aaguid)
{
    auto const hex = hex_encode(aaguid);
    auto const* const found = std::ranges::find(kModels, std::string_view(hex), &Model::aaguid);
    return found == std::end(kModels) ? std::string_view() : found->name;
}

} // namespace gatehouse::credentials
