<?php
// Runs millrace.php against stand-ins for the functions of WordPress that it uses: php deploy/wordpress/test.php
// It prints a token and the number of checks; the exit code is 1 where one fails.

declare(strict_types=1);

define('ABSPATH', __DIR__);

class WP_User
{
    public int $ID;
    public string $user_login;

    public function __construct(int $id, string $login)
    {
        $this->ID = $id;
        $this->user_login = $login;
    }
}

class WP_Post
{
    public int $ID = 7;
    public string $post_author = '3';
    public string $post_status = 'publish';
}

// What the site is at the moment.
$site = [];
$is = [];
$errors = [];
$hooks = [];

function fresh(): void
{
    global $site, $is, $errors;
    $is = ['singular' => true];
    $errors = [];
    $site = [
        'option' => ['edge' => 'https://events.example.com', 'publisher' => 'demo', 'kid' => 'demo.1', 'secret' => 'geheim'],
        'post' => new WP_Post(),
        'author' => new WP_User(3, 'jane'),
        'permalink' => 'https://site.example/2026/caf%C3%A9/',
        'may' => [],
    ];
}

function get_option(string $name, $otherwise) { global $site; return $name === 'millrace' ? $site['option'] : $otherwise; }
function delete_option(string $name): void { global $site; $site['option'] = null; }
function wp_json_encode($value) { return json_encode($value); }
function get_permalink(WP_Post $post) { global $site; return $site['permalink']; }
function wp_parse_url(string $url, int $part) { return parse_url($url, $part); }
function is_admin(): bool { global $is; return $is['admin'] ?? false; }
function is_feed(): bool { global $is; return $is['feed'] ?? false; }
function is_embed(): bool { global $is; return $is['embed'] ?? false; }
function is_preview(): bool { global $is; return $is['preview'] ?? false; }
function is_customize_preview(): bool { global $is; return $is['customize'] ?? false; }
function is_singular(string $type): bool { global $is; return $type === 'post' && ($is['singular'] ?? false); }
function post_password_required(WP_Post $post): bool { global $is; return $is['password'] ?? false; }
function get_queried_object() { global $site; return $site['post']; }
function get_userdata(int $id) { global $site; return $id === 3 ? $site['author'] : false; }
function current_user_can(string $right): bool { global $site; return in_array($right, $site['may'], true); }
function esc_url(string $url): string { return htmlspecialchars($url, ENT_QUOTES); }
function esc_url_raw(string $url, array $schemes): string
{
    return in_array(parse_url($url, PHP_URL_SCHEME), $schemes, true) && parse_url($url, PHP_URL_HOST) ? $url : '';
}
function esc_attr(string $text): string { return htmlspecialchars($text, ENT_QUOTES); }
function esc_html(string $text): string { return htmlspecialchars($text, ENT_QUOTES); }
function esc_textarea(string $text): string { return htmlspecialchars($text, ENT_QUOTES); }
function sanitize_textarea_field(string $text): string { return strip_tags($text); }
function wp_print_script_tag(array $attributes): void
{
    $written = '';
    foreach ($attributes as $name => $value) {
        $written .= $value === true ? " $name" : sprintf(' %s="%s"', $name, esc_attr($value));
    }
    echo "<script$written></script>\n";
}
function add_action(string $hook, $function): void { global $hooks; $hooks[$hook] = $function; }
function add_settings_error(string $setting, string $code, string $message): void { global $errors; $errors[$code] = $message; }
function register_setting(string $group, string $name, array $how): void { global $hooks; $hooks['sanitize'] = $how['sanitize_callback']; }
function add_options_page(string $title, string $menu, string $right, string $slug, $function): void { global $hooks; $hooks['page'] = [$right, $function]; }
function register_uninstall_hook(string $file, $function): void { global $hooks; $hooks['uninstall'] = $function; }
function settings_fields(string $group): void { echo "<input type=\"hidden\" name=\"_wpnonce\" value=\"nonce-of-$group\">"; }
function submit_button(): void { echo '<button>Save</button>'; }
function checked(bool $value): void { echo $value ? ' checked' : ''; }

require __DIR__ . '/millrace.php';

$checks = 0;

function same($expected, $actual, string $what): void
{
    global $checks;
    $checks++;
    if ($expected !== $actual) {
        fwrite(STDERR, "$what: expected " . var_export($expected, true) . ', got ' . var_export($actual, true) . "\n");
        exit(1);
    }
}

function printed(callable $function): string
{
    ob_start();
    $function();
    return (string) ob_get_clean();
}

function script(): string
{
    global $hooks;
    return printed($hooks['wp_footer']);
}

function claims(string $script): array
{
    preg_match('/data-token="[^".]*\.([^".]*)\./', $script, $found);
    return json_decode(base64_decode(strtr($found[1], '-_', '+/')), true);
}

// The tag of a post
fresh();
$script = script();
same(1, preg_match('~^<script src="https://events\.example\.com/m\.js" defer data-token="([\w-]+\.[\w-]+\.[\w-]+)"></script>\n$~', $script, $found), 'tag');
$token = $found[1];
$today = intdiv(time(), 86400) * 86400;
same(['sub' => 'jane', 'art' => '/2026/café/', 'pag' => true, 'iat' => $today, 'exp' => $today + 31 * 86400], claims($script), 'claims');
same(millrace_page_token('s', 'demo.1', 'c', '/a', 86400), millrace_page_token('s', 'demo.1', 'c', '/a', 2 * 86400 - 1), 'all day');
same(false, millrace_page_token('s', 'demo.1', 'c', '/a', 86400) === millrace_page_token('s', 'demo.1', 'c', '/a', 2 * 86400), 'next day');

// Nothing where nobody reads a published post
foreach (['admin', 'feed', 'embed', 'preview', 'customize', 'password'] as $page) {
    fresh();
    $is[$page] = true;
    same('', script(), $page);
}
fresh();
$is['singular'] = false;
same('', script(), 'a list of posts');
fresh();
$site['post']->post_status = 'private';
same('', script(), 'a private post');
fresh();
$site['post'] = null;
same('', script(), 'no post');
fresh();
$site['author'] = false;
same('', script(), 'no author');
fresh();
$site['may'] = ['edit_posts'];
same('', script(), 'an editor');
$site['option']['skip_editors'] = false;
same(false, script() === '', 'an editor who counts');

// Nothing before it is set up
foreach (['edge', 'kid', 'secret'] as $name) {
    fresh();
    $site['option'][$name] = '';
    same('', script(), "no $name");
}
fresh();
$site['option'] = 'broken';
same('', script(), 'a broken option');

// Creators
foreach ([
    ['jane', '', 'jane'],
    ['jane', "bob = c-1\r\njane=c-42\nx", 'c-42'],
    ['jane', 'jane = not a creator', 'jane'],
    ['jane doe', '', 'wp:3'],
    ['jane@site.example', '', 'wp:3'],
    ['wp:4', '', 'wp:3'],
    ['test:jane', '', 'wp:3'],
    ['..', '', 'wp:3'],
    [str_repeat('j', 65), '', 'wp:3'],
    ["jane\n", '', 'wp:3'],
] as [$login, $lines, $creator]) {
    same($creator, millrace_creator(new WP_User(3, $login), $lines), "creator of $login");
}

// Articles
foreach ([
    'https://site.example/hello/' => '/hello/',
    'https://site.example/?p=7' => '/?p=7',
    'https://site.example' => '/?p=7',
    'https://site.example/' . str_repeat('%E5%90%BE', 127) => '/' . str_repeat('吾', 127),
    'https://site.example/' . str_repeat('%E5%90%BE', 128) => '/?p=7',
    'https://site.example/a%0Ab' => '/?p=7',
    'https://site.example/%FF' => '/?p=7',
] as $permalink => $article) {
    $site['permalink'] = $permalink;
    same($article, millrace_article(new WP_Post()), "article of $permalink");
}

// The form
fresh();
$hooks['admin_init']();
$hooks['admin_menu']();
same('manage_options', $hooks['page'][0], 'the right');
same('', printed($hooks['page'][1]), 'the form without the right');
$site['may'] = ['manage_options'];
$site['option']['kid'] = '"><script>';
$form = printed($hooks['page'][1]);
same(true, strpos($form, 'name="_wpnonce" value="nonce-of-millrace"') !== false, 'nonce');
same(false, strpos($form, 'geheim'), 'the secret is not shown');
same(false, strpos($form, '"><script>'), 'escaped');
same(true, strpos($form, 'value="1" checked') !== false, 'editors are left out by default');

fresh();
$good = ['edge' => ' https://edge.example/ ', 'publisher' => 'acme', 'kid' => 'acme.2', 'secret' => '', 'creators' => "jane = c-42\n\nbob", 'skip_editors' => '1'];
same(
    ['edge' => 'https://edge.example', 'publisher' => 'acme', 'kid' => 'acme.2', 'secret' => 'geheim', 'creators' => 'jane = c-42', 'skip_editors' => true],
    $hooks['sanitize']($good),
    'a form'
);
same(['creators'], array_keys($errors), 'what is told');
same($hooks['sanitize']($good), $hooks['sanitize']($hooks['sanitize']($good)), 'a form that is sanitized twice');
fresh();
$bad = $hooks['sanitize'](['edge' => 'javascript:alert(1)', 'publisher' => 'demo', 'kid' => 'acme.2', 'secret' => ['x'], 'creators' => []]);
same(['edge', 'kid'], array_keys($errors), 'what is refused');
same(['https://events.example.com', 'demo.1', 'geheim', false], [$bad['edge'], $bad['kid'], $bad['secret'], $bad['skip_editors']], 'what stays');
fresh();
same('demo.1', $hooks['sanitize']('no form')['kid'], 'no form at all');
same("new", $hooks['sanitize'](['secret' => " new\n"] + $good)['secret'], 'a secret that was pasted with its line feed');
$hooks['uninstall']();
same(null, $site['option'], 'uninstalled');

// wp-config.php goes before the form
fresh();
define('MILLRACE_SECRET', 'of wp-config');
same('of wp-config', millrace_options()['secret'], 'the secret of wp-config.php');

echo $token, "\n", $checks, " checks\n";
