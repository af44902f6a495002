package org.rlr.model.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlr.model.backbone.Backbones;
import org.rlr.tensor.RlrException;

/** Sources and targets of weights: addresses, folders, proxies. */
class WeightsSettingsTest {
    private static final Path HOME = Path.of("/home/me");

    private static UnaryOperator<String> environment(String... pairs) {
        return name -> {
            for (int i = 0; i < pairs.length; i += 2) {
                if (pairs[i].equals(name)) {
                    return pairs[i + 1];
                }
            }
            return null;
        };
    }

    @Test
    void theFolderIsInTheSystemsCacheFolder() {
        assertEquals(HOME.resolve(".cache/rlr/weights"), WeightsCache.folder(environment(), "Linux", HOME));
        assertEquals(
                Path.of("/xdg/rlr/weights"), WeightsCache.folder(environment("XDG_CACHE_HOME", "/xdg"), "Linux", HOME));
        assertEquals(
                HOME.resolve(".cache/rlr/weights"),
                WeightsCache.folder(environment("XDG_CACHE_HOME", "relative"), "Linux", HOME));
        assertEquals(HOME.resolve("Library/Caches/rlr/weights"), WeightsCache.folder(environment(), "Mac OS X", HOME));
        assertEquals(
                Path.of("/local/rlr/weights"),
                WeightsCache.folder(environment("LOCALAPPDATA", "/local"), "Windows 11", HOME));
        assertEquals(HOME.resolve("AppData/Local/rlr/weights"), WeightsCache.folder(environment(), "Windows 11", HOME));
        assertEquals(
                Path.of("/mine"),
                WeightsCache.folder(
                        environment("RLR_WEIGHTS_CACHE", "/mine", "XDG_CACHE_HOME", "/xdg"), "Linux", HOME));
    }

    @Test
    void addressesFollowTheHubsNaming() {
        assertEquals(
                URI.create("https://huggingface.co/timm/tf_efficientnet_b6.aa_in1k/resolve/main/model.safetensors"),
                PublishedWeights.of("tf_efficientnet_b6").address(PublishedWeights.HUB));
        assertEquals(
                URI.create("http://mirror:8080/hub/timm/wide_resnet50_2.racm_in1k/resolve/main/model.safetensors"),
                PublishedWeights.of("wide_resnet50_2").address("http://mirror:8080/hub/"));
        for (String wrong : new String[] {"ftp://x", "mirror", "file:///x", "http://a b", ""}) {
            assertTrue(
                    assertThrows(
                                    RlrException.class,
                                    () -> PublishedWeights.of("resnet18").address(wrong))
                            .explanation()
                            .contains("`mirror`"),
                    wrong);
        }
    }

    @Test
    void theTableNamesExistingBackbones() {
        for (PublishedWeights each : PublishedWeights.all()) {
            assertTrue(Backbones.info(each.backbone()).needsWeights());
            assertEquals("timm/" + each.backbone() + "." + each.tag(), each.repository());
        }
        assertTrue(assertThrows(RlrException.class, () -> PublishedWeights.of("efficientnet_b7"))
                .explanation()
                .contains("`WeightsCache.add`"));
        assertTrue(assertThrows(RlrException.class, () -> PublishedWeights.of("scattering"))
                .explanation()
                .contains("needs no weights"));
        assertTrue(assertThrows(RlrException.class, () -> PublishedWeights.of("tf_efficientnet_b9"))
                .explanation()
                .contains("did you mean"));
    }

    private static Proxy select(String asked, UnaryOperator<String> environment, String address) {
        return new Proxies(asked, environment).select(URI.create(address)).get(0);
    }

    private static Proxy at(String host, int port) {
        return new Proxy(Proxy.Type.HTTP, InetSocketAddress.createUnresolved(host, port));
    }

    @Test
    void theProxyComesFromTheSettingsOrTheEnvironment() {
        String hub = "https://huggingface.co/x";
        Map<String, String> variables = Map.of(
                "https_proxy", "http://p:3128", "HTTP_PROXY", "q", "no_proxy", "localhost, .example.com,127.0.0.1");
        assertEquals(at("asked", 99), select("asked:99", variables::get, hub));
        assertEquals(at("p", 3128), select(null, variables::get, hub));
        assertEquals(at("q", 8080), select(null, variables::get, "http://huggingface.co/x"));
        assertEquals(Proxy.NO_PROXY, select(null, variables::get, "https://www.example.com/"));
        assertEquals(Proxy.NO_PROXY, select(null, variables::get, "http://127.0.0.1:80/"));
        assertEquals(at("p", 3128), select(null, variables::get, "https://notexample.com/"));
        assertEquals(at("all", 1), select(null, environment("ALL_PROXY", "http://all:1"), hub));
    }

    @ParameterizedTest
    @ValueSource(strings = {"socks5://p:1", "http://user:secret@p:1", "http://", "a b"})
    void otherProxiesAreRefused(String asked) {
        assertTrue(assertThrows(RlrException.class, () -> new Proxies(asked, name -> null))
                .explanation()
                .contains("http://HOST:PORT"));
    }
}
