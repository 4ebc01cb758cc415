<?php
// Mints Millrace tokens with PHP alone (hash and json are always there). PHP 7.4 or later.
//
//   MILLRACE_KID=demo.1 MILLRACE_SECRET=… php mint.php event CREATOR ARTICLE VISITOR
//   MILLRACE_KID=demo.1 MILLRACE_SECRET=… php mint.php page CREATOR ARTICLE

declare(strict_types=1);

const MILLRACE_HALF_HOUR = 1800;
const MILLRACE_HOUR = 3600;
const MILLRACE_DAY = 86400;

function millrace_base64url(string $octets): string
{
    return rtrim(strtr(base64_encode($octets), '+/', '-_'), '=');
}

/** The secret's own characters are the key: don't decode them from base64. */
function millrace_hmac(string $secret, string $text): string
{
    return millrace_base64url(hash_hmac('sha256', $text, $secret, true));
}

function millrace_sign(string $secret, string $kid, array $claims): string
{
    $parts = array_map(
        fn (array $part): string => millrace_base64url(json_encode($part, JSON_THROW_ON_ERROR)),
        [['alg' => 'HS256', 'kid' => $kid], $claims]
    );
    $signed = implode('.', $parts);
    return $signed . '.' . millrace_hmac($secret, $signed);
}

/**
 * A token for one page view, valid for an hour. Two tokens of one visitor, article and half hour have the same jti.
 *
 * @param string $visitor your own id of the reader, such as a session's; it leaves this function hashed
 * @param array $more further claims: ['ref' => …], or ['evt' => ['comment'], 'qty' => 42, 'jti' => 'comment-7']
 */
function millrace_event_token(
    string $secret,
    string $kid,
    string $creator,
    string $article,
    string $visitor,
    array $more = []
): string {
    $now = time();
    $jti = millrace_hmac($secret, "$visitor\n$article\n" . intdiv($now, MILLRACE_HALF_HOUR));
    $vis = millrace_hmac($secret, "visitor\n$visitor");
    $claims = ['sub' => $creator, 'art' => $article, 'jti' => $jti, 'vis' => $vis, 'iat' => $now];
    return millrace_sign($secret, $kid, array_merge($claims, ['exp' => $now + MILLRACE_HOUR], $more));
}

/** A token for a page that is cached or static. It names no reader. At most 400 days. */
function millrace_page_token(
    string $secret,
    string $kid,
    string $creator,
    string $article,
    int $days = 30,
    array $more = []
): string {
    $now = time();
    $claims = ['sub' => $creator, 'art' => $article, 'pag' => true, 'iat' => $now, 'exp' => $now + $days * MILLRACE_DAY];
    return millrace_sign($secret, $kid, array_merge($claims, $more));
}

if (PHP_SAPI === 'cli' && realpath($_SERVER['SCRIPT_FILENAME']) === __FILE__) {
    $mints = ['event 5' => 'millrace_event_token', 'page 4' => 'millrace_page_token'];
    $mint = $mints[($argv[1] ?? '') . ' ' . $argc] ?? null;
    $secret = (string) getenv('MILLRACE_SECRET');
    $kid = (string) getenv('MILLRACE_KID');
    if ($secret === '' || $kid === '' || $mint === null) {
        fwrite(STDERR, "usage: MILLRACE_KID=… MILLRACE_SECRET=… php mint.php event CREATOR ARTICLE VISITOR | page CREATOR ARTICLE\n");
        exit(2);
    }
    echo $mint($secret, $kid, ...array_slice($argv, 2)), "\n";
}
