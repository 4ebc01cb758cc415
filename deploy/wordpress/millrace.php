<?php
/**
 * Plugin Name: Millrace
 * Description: Sends the views and the reading of your articles to Millrace, which pays their authors.
 * Version: 0.2
 * Requires at least: 5.7
 * Requires PHP: 7.4
 *
 * Prints one script tag with a page token on each published post. A page token names no reader, so page caches may keep the
 * page. The settings are in Settings > Millrace; MILLRACE_SECRET in wp-config.php goes before the secret that is stored.
 */

declare(strict_types=1);

if (!defined('ABSPATH')) {
    exit;
}

/** A page token is valid for at least so many days, whenever a cache has kept the page. */
const MILLRACE_TOKEN_DAYS = 30;
const MILLRACE_DAY = 86400;

/** As the edge takes them. */
const MILLRACE_CREATOR = '/^(?!\.{1,2}$)[A-Za-z0-9._:-]{1,64}$/D';
const MILLRACE_KID = '/^([a-z0-9-]{1,32})\.[1-9][0-9]{0,9}$/D';
const MILLRACE_ARTICLE = '/^[^\p{Cc}]{1,128}$/Du';

const MILLRACE_DEFAULTS = [
    'edge' => '',
    'publisher' => '',
    'kid' => '',
    'secret' => '',
    'creators' => '',
    'skip_editors' => true,
];

function millrace_options(): array
{
    $stored = get_option('millrace', []);
    $options = array_merge(MILLRACE_DEFAULTS, is_array($stored) ? $stored : []);
    if (defined('MILLRACE_SECRET')) {
        $options['secret'] = (string) constant('MILLRACE_SECRET');
    }
    return $options;
}

function millrace_base64url(string $octets): string
{
    return rtrim(strtr(base64_encode($octets), '+/', '-_'), '=');
}

/**
 * A token for a page that is cached. It is the same all day (UTC), so that the page is.
 *
 * @param int $now Unix time in seconds
 */
function millrace_page_token(string $secret, string $kid, string $creator, string $article, int $now): string
{
    $today = $now - $now % MILLRACE_DAY;
    $claims = [
        'sub' => $creator,
        'art' => $article,
        'pag' => true,
        'iat' => $today,
        'exp' => $today + (MILLRACE_TOKEN_DAYS + 1) * MILLRACE_DAY,
    ];
    $signed = millrace_base64url(wp_json_encode(['alg' => 'HS256', 'kid' => $kid]))
        . '.' . millrace_base64url(wp_json_encode($claims));
    // The secret's own characters are the key: don't decode them from base64.
    return $signed . '.' . millrace_base64url(hash_hmac('sha256', $signed, $secret, true));
}

/**
 * The creator of an author: as the settings say, else the login, else wp:<number>. No login holds a colon, so that no author
 * can pass for another.
 */
function millrace_creator(WP_User $author, string $creators): string
{
    $named = millrace_creators($creators);
    if (isset($named[$author->user_login])) {
        return $named[$author->user_login];
    }
    $fits = preg_match(MILLRACE_CREATOR, $author->user_login) === 1 && strpos($author->user_login, ':') === false;
    return $fits ? $author->user_login : 'wp:' . $author->ID;
}

/** Creators by login, of lines such as "jane = c-42". A line that is none is left out. */
function millrace_creators(string $lines): array
{
    $creators = [];
    foreach (preg_split('/\R/', $lines) as $line) {
        [$login, $creator] = array_map('trim', explode('=', $line, 2)) + ['', ''];
        if ($login !== '' && preg_match(MILLRACE_CREATOR, $creator) === 1) {
            $creators[$login] = $creator;
        }
    }
    return $creators;
}

/** The article of a post: the path of its address, or /?p=<number> where there is none, or one that no token holds. */
function millrace_article(WP_Post $post): string
{
    $address = (string) get_permalink($post);
    $path = rawurldecode((string) wp_parse_url($address, PHP_URL_PATH));
    $query = (string) wp_parse_url($address, PHP_URL_QUERY);
    return $query === '' && preg_match(MILLRACE_ARTICLE, $path) === 1 ? $path : '/?p=' . $post->ID;
}

/** Whether a reader looks at a published post. */
function millrace_is_read(array $options): bool
{
    if (is_admin() || is_feed() || is_embed() || is_preview() || is_customize_preview() || !is_singular('post')) {
        return false;
    }
    $post = get_queried_object();
    return $post instanceof WP_Post
        && $post->post_status === 'publish'
        && !post_password_required($post)
        && !($options['skip_editors'] && current_user_can('edit_posts'));
}

/** The script tag, or nothing. */
function millrace_print_script(): void
{
    $options = millrace_options();
    if ($options['edge'] === '' || $options['kid'] === '' || $options['secret'] === '' || !millrace_is_read($options)) {
        return;
    }
    $post = get_queried_object();
    $author = get_userdata((int) $post->post_author);
    if (!$author instanceof WP_User) {
        return;
    }
    $creator = millrace_creator($author, $options['creators']);
    wp_print_script_tag([
        'src' => esc_url($options['edge'] . '/m.js'),
        'defer' => true,
        'data-token' => millrace_page_token(
            $options['secret'],
            $options['kid'],
            $creator,
            millrace_article($post),
            time()
        ),
    ]);
}
add_action('wp_footer', 'millrace_print_script');

/** What is stored of a form. A value that can't be used is told, and the stored one stays. */
function millrace_sanitize($form): array
{
    // WordPress sanitizes a new option twice, so what this returns is a form too.
    $text = fn ($value) => is_string($value) ? trim($value) : ($value === true ? '1' : '');
    $form = is_array($form) ? array_map($text, $form) : [];
    $stored = get_option('millrace', []);
    $options = array_merge(MILLRACE_DEFAULTS, is_array($stored) ? $stored : []);

    $edge = rtrim(esc_url_raw($form['edge'] ?? '', ['https', 'http']), '/');
    $publisher = $form['publisher'] ?? '';
    $kid = $form['kid'] ?? '';
    $isKid = preg_match(MILLRACE_KID, $kid, $parts) === 1 && $parts[1] === $publisher;
    if ($edge === '') {
        add_settings_error('millrace', 'edge', 'The edge takes an address such as https://events.example.com.');
    } else {
        $options['edge'] = $edge;
    }
    if ($isKid) {
        $options['publisher'] = $publisher;
        $options['kid'] = $kid;
    } else {
        add_settings_error('millrace', 'kid', 'The kid takes the publisher and a number, such as demo.1.');
    }
    // The form never shows the secret, so an empty field leaves it.
    if (($form['secret'] ?? '') !== '') {
        $options['secret'] = $form['secret'];
    }
    $options['creators'] = millrace_sanitize_creators($form['creators'] ?? '');
    $options['skip_editors'] = ($form['skip_editors'] ?? '') === '1';
    return $options;
}

function millrace_sanitize_creators(string $lines): string
{
    $lines = array_filter(array_map('trim', preg_split('/\R/', sanitize_textarea_field($lines))));
    $kept = [];
    foreach ($lines as $line) {
        if (millrace_creators($line) === []) {
            add_settings_error('millrace', 'creators', 'This line is no login and creator, such as jane = c-42: ' . esc_html($line));
        } else {
            $kept[] = $line;
        }
    }
    return implode("\n", $kept);
}

/** WordPress' options.php checks the nonce that settings_fields prints, and the right to manage options. */
add_action('admin_init', function (): void {
    register_setting('millrace', 'millrace', ['type' => 'array', 'sanitize_callback' => 'millrace_sanitize']);
});

add_action('admin_menu', function (): void {
    add_options_page('Millrace', 'Millrace', 'manage_options', 'millrace', 'millrace_print_settings');
});

register_uninstall_hook(__FILE__, 'millrace_uninstall');

function millrace_uninstall(): void
{
    delete_option('millrace');
}

function millrace_print_settings(): void
{
    if (!current_user_can('manage_options')) {
        return;
    }
    $options = millrace_options();
    $secretHint = defined('MILLRACE_SECRET')
        ? 'from wp-config.php'
        : ($options['secret'] === '' ? 'none yet' : 'stored; leave the field empty to keep it');
    ?>
    <div class="wrap">
        <h1>Millrace</h1>
        <form method="post" action="options.php">
            <?php settings_fields('millrace'); ?>
            <table class="form-table" role="presentation">
                <?php millrace_print_field('edge', 'Edge', 'url', $options['edge'], 'such as https://events.example.com'); ?>
                <?php millrace_print_field('publisher', 'Publisher', 'text', $options['publisher'], 'such as demo'); ?>
                <?php millrace_print_field('kid', 'Kid', 'text', $options['kid'], 'such as demo.1'); ?>
                <?php millrace_print_field('secret', 'Secret', 'password', '', $secretHint); ?>
                <tr>
                    <th scope="row"><label for="millrace-creators">Creators</label></th>
                    <td>
                        <textarea id="millrace-creators" name="millrace[creators]" rows="6" class="large-text code"><?php
                            echo esc_textarea($options['creators']);
                        ?></textarea>
                        <p class="description">A line for each author whose login is not the creator's id: jane = c-42</p>
                    </td>
                </tr>
                <tr>
                    <th scope="row">Editors</th>
                    <td><label><input type="checkbox" name="millrace[skip_editors]" value="1"<?php
                        checked($options['skip_editors']);
                    ?>> Don't count users who may write posts</label></td>
                </tr>
            </table>
            <?php submit_button(); ?>
        </form>
    </div>
    <?php
}

function millrace_print_field(string $name, string $label, string $type, string $value, string $hint): void
{
    printf(
        '<tr><th scope="row"><label for="millrace-%1$s">%2$s</label></th><td><input id="millrace-%1$s" name="millrace[%1$s]"'
            . ' type="%3$s" value="%4$s" class="regular-text" autocomplete="off"><p class="description">%5$s</p></td></tr>',
        esc_attr($name),
        esc_html($label),
        esc_attr($type),
        esc_attr($value),
        esc_html($hint)
    );
}
