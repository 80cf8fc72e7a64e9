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

SignInClient::SignInClient(std::uint16_t port, std::size_t users, std::size_t number, Proofs proofs)
    : port_(port), users_(users), proofs_(proofs), random_(mix(number + 1))
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

std::string SignInClient::submit() const
{
    return post(port_, target_,
                fmt::format("X-Forwarded-For: {}\r\nOrigin: http://localhost:{}\r\nSec-Fetch-Site: same-origin\r\n"
                            "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
                            "\r\nAccept: text/html\r\nAccept-Language: en\r\n{}",
                            address_, port_, cookies()),
                form_);
}

bool SignInClient::look_for_mail()
{
    auto const mail = proofs_.mails->take(email_of(person_));
    waits_ = !mail;
    if (!mail)
        return false;
    if (mail->link.empty()) {
        form_ = fmt::format("code={}&{}", mail->code, form_);
        at_ = At::code;
    } else {
        target_ = mail->link;
        at_ = At::link_page;
    }
    return true;
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
    case At::code_page:
    case At::link_page:
        request = get(target_);
        break;
    case At::mail:
        if (look_for_mail())
            return next(request);
        request.clear();
        break;
    case At::proof:
    case At::code:
    case At::link:
        request = submit();
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
    case At::authorize:
        return go_to_page(answer, At::page);
    case At::page:
        at_ = At::proof;
        return answer.status == 200 && read_form(answer.body, proof_for(answer.body));
    case At::proof:
        if (proofs_.mails)
            return go_to_page(answer, At::code_page);
        [[fallthrough]];
    case At::code:
    case At::link:
        at_ = At::token;
        return answer.status == 303 && read_code(answer.header("Location"));
    case At::code_page:
        at_ = At::mail;
        return answer.status == 200 && read_form(answer.body, "");
    case At::mail:
        return false;
    case At::link_page:
        at_ = At::link;
        return answer.status == 200 && read_form(answer.body, "");
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

bool SignInClient::go_to_page(Answer const& answer, At next)
{
    auto const location = answer.header("Location");
    auto const path = location.find("/signin");
    if (answer.status != 303 || path == std::string_view::npos)
        return false;
    target_ = location.substr(path);
    at_ = next;
    return true;
}

std::string SignInClient::proof_for(std::string_view html) const
{
    if (proofs_.passkeys) {
        auto from = std::size_t{0};
        auto const challenge = between(html, "&quot;challenge&quot;:&quot;", "&quot;", from);
        return "passkey=" + percent_encode(proofs_.passkeys->answer(person_, challenge));
    }
    auto const identifier = "identifier=" + percent_encode(email_of(person_));
    return proofs_.mails ? identifier : fmt::format("{}&password={}", identifier, percent_encode(kPassword));
}

bool SignInClient::read_form(std::string_view html, std::string fields)
{
    std::size_t at = 0;
    target_ = unescape_html(between(html, "<form method=\"post\" action=\"", "\"", at));
    form_ = std::move(fields);
    auto const end = html.find("</form>", at);
    while (at < end) {
        auto const name = between(html, "<input type=\"hidden\" name=\"", "\"", at);
        if (name.empty() || at > end)
            break;
        if (name == "passkey") // for the script to fill in
            continue;
        auto const value = between(html, "value=\"", "\"", at);
        form_ += fmt::format("{}{}={}", form_.empty() ? "" : "&", name, percent_encode(unescape_html(value)));
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
