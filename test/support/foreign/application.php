<?php
// A small application as a beginner's book would write it, served by `php -S`. What it is comes from settings.json beside it.
$settings = json_decode(file_get_contents(__DIR__ . '/settings.json'), true);
$host = preg_replace('/:\d+$/', '', $_SERVER['HTTP_HOST'] ?? '');
if (!in_array($host, $settings['hosts'], true)) {
    answer(400, 'Unknown host');
}

// PHP keeps sessions as files in one folder, whichever host they began at.
$folder = __DIR__ . '/sessions' . ($settings['variant'] === 'safe' ? '-' . $host : '');
if (!is_dir($folder)) {
    mkdir($folder, 0700);
}
session_save_path($folder);
if ($settings['variant'] === 'domain-cookie') {
    ini_set('session.cookie_domain', $settings['domain']);
}
session_start();

$method = $_SERVER['REQUEST_METHOD'];
if ($settings['csrf'] && $method !== 'GET' && $method !== 'HEAD' && isForeign()) {
    answer(403, 'Cross-site request refused');
}

$user = $_SESSION['user'] ?? null;
$balance = $_SESSION['balance'] ?? 100;
$route = $method . ' ' . parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);

if ($route === 'GET /') {
    $nonce = bin2hex(random_bytes(16));
    $hello = '<h1>Hello ' . htmlspecialchars($user ?? 'stranger') . '</h1>';
    $form = '<form method="post" action="/transfer"><input type="hidden" name="nonce" value="' . $nonce . '"><input name="amount">'
        . '<button>Transfer</button></form>';
    $time = '<p>It is ' . gmdate('H:i:s') . substr(microtime(), 1, 7) . '.</p>';
    answer(200, $hello . $time . ($user === null ? '<a href="/login">Sign in</a>' : "<p>Your balance is $balance.</p>" . $form));
}
if ($route === 'GET /login') {
    answer(200, '<form method="post"><input name="user"><input name="password" type="password"><button>Sign in</button></form>');
}
if ($route === 'POST /login') {
    $expected = $settings['accounts'][$_POST['user'] ?? ''] ?? null;
    if ($expected === null || !hash_equals($expected, $_POST['password'] ?? '')) {
        answer(401, 'Wrong name or password');
    }
    session_regenerate_id(true);
    $_SESSION['user'] = $_POST['user'];
    header('Location: /');
    answer(302, '');
}
if ($route === 'POST /transfer') {
    if ($user === null) {
        header('Location: /login');
        answer(302, '');
    }
    $_SESSION['balance'] = $balance - (int) ($_POST['amount'] ?? 0);
    answer(200, "Transferred. Your balance is {$_SESSION['balance']}.");
}
answer(404, 'Not found');

/** Whether the browser says that another origin sent the request. */
function isForeign(): bool
{
    $origin = $_SERVER['HTTP_ORIGIN'] ?? null;
    return $origin !== null && $origin !== 'http://' . $_SERVER['HTTP_HOST'];
}

function answer(int $status, string $body): never
{
    http_response_code($status);
    header('Content-Type: text/html; charset=utf-8');
    exit($body === '' ? '' : "<!doctype html><title>Shop</title>$body\n");
}
