package org.rlr.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipFile;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.jspecify.annotations.Nullable;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.xml.sax.SAXException;

/**
 * Checks a staging repository against the rules of Maven Central: the fields of each pom, jars of sources and Javadoc,
 * checksums, and a software bill of materials (SBOM) beside each jar. Release builds call it.
 */
public final class StagingCheck {
    private static final Pattern PROPERTY = Pattern.compile("\\$\\{([^}]+)}");
    private static final String SNAPSHOT = "-SNAPSHOT";

    private final Map<String, Element> poms = new HashMap<>();
    private final List<String> problems = new ArrayList<>();
    private final Set<String> leftToTheOwner = new LinkedHashSet<>();

    private StagingCheck() {}

    /**
     * Prints broken rules, and the steps left to the owner; ends the process with 1 if a rule is broken.
     *
     * @param arguments the folder of the repository
     * @throws Exception if it cannot be read
     */
    public static void main(String[] arguments) throws Exception {
        StagingCheck check = of(Path.of(arguments[0]));
        check.leftToTheOwner.forEach(line -> System.out.println("left to the owner: " + line));
        check.problems.forEach(line -> System.err.println("error: " + line));
        System.out.println(check.poms.size() + " artifacts, " + check.problems.size() + " broken rules");
        if (!check.problems.isEmpty()) {
            System.exit(1);
        }
    }

    static StagingCheck of(Path repository) throws IOException {
        StagingCheck check = new StagingCheck();
        List<Path> files;
        try (Stream<Path> all = Files.walk(repository)) {
            files = all.filter(Files::isRegularFile).sorted().toList();
        }
        List<Path> pomFiles =
                files.stream().filter(file -> file.toString().endsWith(".pom")).toList();
        for (Path file : pomFiles) {
            Element pom = parse(file);
            check.poms.put(text(pom, "artifactId"), pom);
        }
        if (pomFiles.isEmpty()) {
            check.problems.add(repository + " has no pom");
        }
        for (Path file : pomFiles) {
            check.pom(file);
        }
        for (Path file : files) {
            String name = file.getFileName().toString();
            if (!name.startsWith("maven-metadata") && !name.matches(".*\\.(md5|sha\\d+|asc)")) {
                check.sum(file, "md5", "MD5");
                check.sum(file, "sha1", "SHA-1");
                if (!Files.exists(Path.of(file + ".asc"))) {
                    check.leftToTheOwner.add("sign every file: gpg --armor --detach-sign FILE");
                }
            }
        }
        return check;
    }

    /** The broken rules, a sentence for each. */
    List<String> problems() {
        return problems;
    }

    /** {@return steps that only the owner can take before a release is published} */
    Set<String> leftToTheOwner() {
        return leftToTheOwner;
    }

    private void pom(Path file) throws IOException {
        String name = file.getFileName().toString();
        String stem = name.substring(0, name.length() - ".pom".length());
        Element pom = parse(file);
        for (String own : List.of("artifactId", "name", "description")) {
            require(name, own, text(pom, own));
        }
        for (String inherited : List.of(
                "groupId",
                "version",
                "url",
                "licenses/license/name",
                "licenses/license/url",
                "developers/developer/name",
                "scm/connection",
                "scm/url")) {
            require(name, inherited, inherited(pom, inherited));
        }
        for (String forbidden : List.of("repositories", "pluginRepositories")) {
            if (child(pom, forbidden) != null) {
                problems.add(name + " has " + forbidden + ", which Central refuses");
            }
        }
        String version = String.valueOf(inherited(pom, "version"));
        boolean snapshot = version.endsWith(SNAPSHOT);
        if (snapshot) {
            leftToTheOwner.add("give a release a version without " + SNAPSHOT + ", in every pom");
        }
        String url = String.valueOf(inherited(pom, "url"));
        if (url.contains("//example.")) {
            String sentence = "set the property rlr.repository of pom.xml and rlr-model/bom/pom.xml, which is " + url;
            if (snapshot) {
                leftToTheOwner.add(sentence);
            } else {
                problems.add(sentence);
            }
        }
        String packaging = text(pom, "packaging");
        if (packaging == null || packaging.equals("jar")) {
            for (String kind : List.of("", "-sources", "-javadoc")) {
                jar(file.resolveSibling(stem + kind + ".jar"));
            }
            if (!Files.exists(file.resolveSibling(stem + "-cyclonedx.json"))) {
                problems.add(stem + "-cyclonedx.json is missing");
            }
        }
    }

    private void require(String pom, String element, @Nullable String value) {
        if (value == null || value.isBlank()) {
            problems.add(pom + " has no " + element);
        } else if (PROPERTY.matcher(value).find()) {
            problems.add(pom + ": " + element + " is " + value);
        }
    }

    private void jar(Path file) throws IOException {
        if (!Files.exists(file)) {
            problems.add(file.getFileName() + " is missing");
            return;
        }
        try (ZipFile jar = new ZipFile(file.toFile())) {
            if (jar.stream().noneMatch(entry -> entry.getName().matches(".*\\.(class|java|html)"))) {
                problems.add(file.getFileName() + " is empty");
            }
        }
    }

    private void sum(Path file, String suffix, String algorithm) throws IOException {
        Path sum = Path.of(file + "." + suffix);
        if (!Files.exists(sum)) {
            problems.add(sum.getFileName() + " is missing");
            return;
        }
        try {
            String expected = HexFormat.of()
                    .formatHex(MessageDigest.getInstance(algorithm).digest(Files.readAllBytes(file)));
            if (!Files.readString(sum).strip().equals(expected)) {
                problems.add(sum.getFileName() + " does not match its file");
            }
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The text of an element of a pom or, if absent, of its parents, with properties replaced. */
    private @Nullable String inherited(Element pom, String path) {
        for (Element at = pom; at != null; at = parent(at)) {
            String text = text(at, path);
            if (text == null && (path.equals("version") || path.equals("groupId"))) {
                text = text(at, "parent/" + path);
            }
            if (text != null) {
                Matcher property = PROPERTY.matcher(text);
                return property.replaceAll(match -> {
                    String value = inherited(pom, "properties/" + match.group(1));
                    return Matcher.quoteReplacement(value == null ? match.group() : value);
                });
            }
        }
        return null;
    }

    private @Nullable Element parent(Element pom) {
        return poms.get(text(pom, "parent/artifactId"));
    }

    private static @Nullable String text(Element from, String path) {
        Element at = from;
        for (String name : path.split("/", -1)) {
            at = child(at, name);
            if (at == null) {
                return null;
            }
        }
        return at.getTextContent().strip();
    }

    private static @Nullable Element child(Element of, String name) {
        for (Node node = of.getFirstChild(); node != null; node = node.getNextSibling()) {
            if (node instanceof Element element && element.getTagName().equals(name)) {
                return element;
            }
        }
        return null;
    }

    private static Element parse(Path file) throws IOException {
        try {
            return DocumentBuilderFactory.newDefaultInstance()
                    .newDocumentBuilder()
                    .parse(file.toFile())
                    .getDocumentElement();
        } catch (ParserConfigurationException | SAXException e) {
            throw new IOException(file + ": " + e.getMessage(), e);
        }
    }
}
