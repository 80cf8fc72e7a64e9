#include "signin_client.hpp"

#include "crypto/digest.hpp"

namespace gatehouse::bench {

namespace {

constexpr std::string_view kVerifier = "a-verifier-of-the-bench-that-is-long-enough-0123456789";

std::string percent_encode(std::string_view text)
{
    std::string encoded;
    for (unsigned char const c : text) {
        if (std::isalnum(c) || c == '-' || c == '.' || c == '_' || c == '~')
            encoded += static_cast<char>(c);
        else
            encoded += fmt::format("%{:02X}", c);
    }
    return encoded;
}

std::string unescape_html(std::string_view text)
{
    constexpr std::pair<std::string_view, char> kEntities[] = {{"&amp;", '&'}, {"&quot;", '"'}, {"&#39;", '\''},
                                                               {"&lt;", '<'},  {"&gt;", '>'},   {"&#x3D;", '='},
                                                               {"&#61;", '='}};
    std::string plain;
    while (!text.empty()) {
        auto const* const entity =
            std::ranges::find_if(kEntities, [&](auto const& candidate) { return text.starts_with(candidate.first); });
        if (entity != std::end(kEntities)) {
            plain += entity->second;
            text.remove_prefix(entity->first.size());
        } else {
            plain += text.front();
            text.remove_prefix(1);
        }
    }
    return plain;
}

// The text between `before` and the next `after`, searched from `at`, which moves behind it. Empty: not found.
std::string_view between(std::string_view text, std::string_view before, std::string_view after, std::size_t& at)
{
    auto const begin = text.find(before, at);
    if (begin == std::string_view::npos)
        return {};
    auto const from = begin + before.size();
    auto const end = text.find(after, from);
    if (end == std::string_view::npos)
        return {};
    at = end;
    return text.substr(from, end - from);
}

std::uint64_t mix(std::uint64_t value) // splitmix64
{
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ULL;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebULL;
    return value ^ (value >> 31);
}

} // namespace

SignInClient::SignInClient(std::uint16_t port, std::size_t users, std::size_t number, SoftPasskeys const* passkeys)
    : port_(port), users_(users), passkeys_(passkeys), random_(mix(number + 1))
{
    new_person();
}

void SignInClient::new_person()
{
    random_ += 0x9e3779b97f4a7c15ULL;
    auto const drawn = mix(random_);
    person_ = drawn % users_;
    address_ = fmt::format("10.{}.{}.{}", drawn >> 40 & 0xff, drawn >> 48 & 0xff, drawn >> 56 & 0xff);
    cookies_.clear();
    at_ = At::authorize;
}

std::string SignInClient::cookies() const
{
    std::string line;
    for (auto const& [name, value] : cookies_)
        line += fmt::format("{}{}={}", line.empty() ? "Cookie: " : "; ", name, value);
    return line.empty() ? line : line + "\r\n";
}

std::string SignInClient::get(std::string_view target) const
{
    return fmt::format("GET {} HTTP/1.1\r\nHost: localhost:{}\r\nX-Forwarded-For: {}\r\nUser-Agent: Mozilla/5.0 (X11; "
                       "Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\nAccept: text/html\r\n"
                       "Accept-Language: en\r\n{}\r\n",
                       target, port_, address_, cookies());
}

bool SignInClient::next(std::string& request)
{
    switch (at_) {
    case At::authorize: {
        static std::string const challenge = base64url_encode(crypto::sha256(as_bytes(kVerifier)));
        began_ = Steady::now();
        request = get(fmt::format("/oauth2/authorize?response_type=code&client_id={}&redirect_uri={}&scope=openid%20"
                                  "profile%20email&state=s{}&nonce=n{}&code_challenge={}&code_challenge_method=S256",
                                  kWebClient, percent_encode(kRedirectUri), random_, random_, challenge));
        break;
    }
    case At::page:
        request = get(target_);
        break;
    case At::password:
        request =
            post(port_, target_,
                 fmt::format("X-Forwarded-For: {}\r\nOrigin: http://localhost:{}\r\nSec-Fetch-Site: same-origin\r\n"
                             "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
                             "\r\nAccept: text/html\r\nAccept-Language: en\r\n{}",
                             address_, port_, cookies()),
                 form_);
        break;
    case At::token:
        request =
            post(port_, "/oauth2/token", fmt::format("Authorization: {}\r\n", basic_authorization(kWebClient)), form_);
        break;
    }
    return true;
}

void SignInClient::keep_cookies(Answer const& answer)
{
    for (auto const field : answer.headers("Set-Cookie")) {
        auto const pair = field.substr(0, field.find(';'));
        auto const equals = pair.find('=');
        if (equals != std::string_view::npos)
            cookies_.insert_or_assign(std::string(pair.substr(0, equals)), std::string(pair.substr(equals + 1)));
    }
}

bool SignInClient::answered(Answer const& answer, std::chrono::nanoseconds)
{
    keep_cookies(answer);
    if (step(answer))
        return true;
    new_person();
    return false;
}

bool SignInClient::step(Answer const& answer)
{
    switch (at_) {
    case At::authorize: {
        auto location = answer.header("Location");
        if (auto const path = location.find("/signin"); answer.status == 303 && path != std::string_view::npos) {
            target_ = location.substr(path);
            at_ = At::page;
            return true;
        }
        return false;
    }
    case At::page:
        at_ = At::password;
        return answer.status == 200 && read_page(answer.body);
    case At::password:
        at_ = At::token;
        return answer.status == 303 && read_code(answer.header("Location"));
    case At::token:
        if (answer.status != 200 || answer.body.find("\"id_token\":\"ey") == std::string_view::npos)
            return false;
        ++finished_;
        times.add(Steady::now() - began_);
        new_person();
        return true;
    }
    return false;
}

bool SignInClient::read_page(std::string_view html)
{
    std::size_t at = 0;
    target_ = unescape_html(between(html, "<form method=\"post\" action=\"", "\"", at));
    if (passkeys_) {
        auto from = std::size_t{0};
        auto const challenge = between(html, "&quot;challenge&quot;:&quot;", "&quot;", from);
        form_ = "passkey=" + percent_encode(passkeys_->answer(person_, challenge));
    } else {
        form_ = fmt::format("identifier={}&password={}", percent_encode(email_of(person_)), percent_encode(kPassword));
    }
    auto const end = html.find("</form>", at);
    while (at < end) {
        auto const name = between(html, "<input type=\"hidden\" name=\"", "\"", at);
        if (name.empty() || at > end)
            break;
        if (name == "passkey") // for the script to fill in
            continue;
        auto const value = between(html, "value=\"", "\"", at);
        form_ += fmt::format("&{}={}", name, percent_encode(unescape_html(value)));
    }
    return !target_.empty();
}

bool SignInClient::read_code(std::string_view location)
{
    if (!location.starts_with(kRedirectUri))
        return false;
    auto const begin = location.find("code=");
    if (begin == std::string_view::npos)
        return false;
    auto const code = location.substr(begin + 5, location.find('&', begin) - begin - 5);
    form_ = fmt::format("grant_type=authorization_code&code={}&redirect_uri={}&code_verifier={}", code,
                        percent_encode(kRedirectUri), kVerifier);
    return true;
}

} // namespace gatehouse::bench
