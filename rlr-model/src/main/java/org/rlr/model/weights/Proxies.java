package org.rlr.model.weights;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.rlr.tensor.InvalidSettingException;

/**
 * Selects the proxy: the one in the settings; or else that of the environment ({@code https_proxy}, {@code http_proxy},
 * {@code all_proxy}, also in upper case, except for hosts in {@code no_proxy}); or else that of Java's system
 * properties ({@code https.proxyHost}, …).
 */
final class Proxies extends ProxySelector {
    private static final int USUAL_PORT = 8080;
    private static final String ASKED = "proxy";
    private static final String FORM = "http://HOST:PORT";

    private final @Nullable String asked;
    private final UnaryOperator<String> environment;

    /** @param asked {@code http://HOST:PORT} or {@code HOST:PORT}, or null */
    Proxies(@Nullable String asked, UnaryOperator<String> environment) {
        this.asked = asked;
        this.environment = environment;
        if (asked != null) {
            proxy(asked, ASKED);
        }
    }

    @Override
    public List<Proxy> select(URI uri) {
        if (asked != null) {
            return List.of(proxy(asked, ASKED));
        }
        if (excepted(uri.getHost().toLowerCase(Locale.ROOT))) {
            return List.of(Proxy.NO_PROXY);
        }
        for (String name : List.of(uri.getScheme() + "_proxy", "all_proxy")) {
            String value = variable(name);
            if (value != null) {
                return List.of(proxy(value, name));
            }
        }
        ProxySelector system = ProxySelector.getDefault();
        return system == null ? List.of(Proxy.NO_PROXY) : system.select(uri);
    }

    private @Nullable String variable(String name) {
        for (String each : List.of(name, name.toUpperCase(Locale.ROOT))) {
            String value = environment.apply(each);
            if (value != null && !value.isBlank()) {
                return value.trim();
            }
        }
        return null;
    }

    private boolean excepted(String host) {
        String exceptions = variable("no_proxy");
        if (exceptions == null) {
            return false;
        }
        for (String each : exceptions.toLowerCase(Locale.ROOT).split(",", -1)) {
            String domain = each.trim().replaceFirst("^\\*?\\.", "");
            if (domain.equals("*") || (!domain.isEmpty() && (host.equals(domain) || host.endsWith("." + domain)))) {
                return true;
            }
        }
        return false;
    }

    private static Proxy proxy(String text, String origin) {
        try {
            URI uri = URI.create(text.contains("://") ? text : "http://" + text);
            if ("http".equals(uri.getScheme()) && uri.getHost() != null && uri.getUserInfo() == null) {
                return new Proxy(
                        Proxy.Type.HTTP,
                        InetSocketAddress.createUnresolved(
                                uri.getHost(), uri.getPort() < 0 ? USUAL_PORT : uri.getPort()));
            }
        } catch (IllegalArgumentException e) {
            throw refused(origin, " is not an address (" + e.getMessage() + ")", "give " + FORM);
        }
        throw refused(
                origin,
                " is not of the form " + FORM + ", without a password; other proxies are not supported",
                "get the file in another way and add it with `WeightsCache.add`");
    }

    /** Omits the value, which may contain a password. */
    private static InvalidSettingException refused(String origin, String why, String remedy) {
        String setting = origin.equals(ASKED) ? "`" + ASKED + "`" : origin + " in the environment";
        return new InvalidSettingException(origin, "(not shown)", FORM, setting + why, remedy);
    }

    @Override
    public void connectFailed(URI uri, SocketAddress address, IOException failure) {
        System.getLogger(Proxies.class.getName())
                .log(System.Logger.Level.DEBUG, "no connection to the proxy " + address, failure);
    }
}
