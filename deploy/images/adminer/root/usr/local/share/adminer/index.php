<?php
// Debian's Adminer, version 4 or 5, without its question to adminer.org for a newer one.

function adminer_object()
{
    $plugins = '/usr/share/adminer/plugins';
    // Version 5 has the frame of all plugins built in.
    if (is_file("$plugins/plugin.php")) {
        include_once "$plugins/plugin.php";
    }
    include_once "$plugins/version-noverify.php";
    $used = [new AdminerVersionNoverify()];
    return class_exists('AdminerPlugin') ? new AdminerPlugin($used) : new Adminer\Plugins($used);
}

include '/usr/share/adminer/adminer.php';
