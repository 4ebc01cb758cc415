package dev.millrace.books;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Against the definitions of RFC 9162, 2.1.1 and 2.1.3, word by word. */
class MerkleTreeTest {
    private static final byte[] SALT = sha256("salt".getBytes(StandardCharsets.UTF_8));

    @Test
    void theRootIsThatOfTheDefinitionForAnyNumberOfLines() {
        for (int lines = 0; lines <= 130; lines++) {
            assertThat(tree(lines).root()).as("%d lines", lines).isEqualTo(root(leaves(lines)));
            assertThat(tree(lines).lines()).isEqualTo(lines);
        }
    }

    @Test
    void theRootOfNothingIsTheHashOfNothing() {
        assertThat(HexFormat.of().formatHex(tree(0).root()))
                .isEqualTo("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }

    /** A reader gets the line's text, its own salt and some hashes: nobody else's text, and no salt that shows one. */
    @Test
    void oneLineIsProvedWithoutAnyOther() {
        for (int lines = 1; lines <= 40; lines++) {
            List<byte[]> leaves = leaves(lines);
            for (int line = 0; line < lines; line++) {
                byte[] leaf = sha256(new byte[] {0}, ownSalt(line), text(line));
                assertThat(proved(line, lines, leaf, path(line, leaves)))
                        .as("line %d of %d", line, lines)
                        .isEqualTo(tree(lines).root());
            }
        }
    }

    @Test
    void anotherSaltTextOrOrderIsAnotherRoot() {
        MerkleTree other = new MerkleTree(sha256("other".getBytes(StandardCharsets.UTF_8)));
        other.add("line 0");
        other.add("line 1");
        MerkleTree swapped = new MerkleTree(SALT);
        swapped.add("line 1");
        swapped.add("line 0");
        assertThat(List.of(hex(tree(2).root()), hex(other.root()), hex(swapped.root()), hex(tree(3).root())))
                .doesNotHaveDuplicates();
    }

    private static MerkleTree tree(int lines) {
        MerkleTree tree = new MerkleTree(SALT);
        IntStream.range(0, lines).forEach(line -> tree.add("line " + line));
        return tree;
    }

    private static List<byte[]> leaves(int lines) {
        return IntStream.range(0, lines)
                .mapToObj(line -> sha256(new byte[] {0}, ownSalt(line), text(line)))
                .toList();
    }

    private static byte[] text(int line) {
        return ("line " + line).getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] ownSalt(int line) {
        return sha256(SALT, ByteBuffer.allocate(4).putInt(line).array());
    }

    /** MTH(D[n]): k is the largest power of two smaller than n. */
    private static byte[] root(List<byte[]> leaves) {
        if (leaves.isEmpty()) {
            return sha256();
        }
        if (leaves.size() == 1) {
            return leaves.getFirst();
        }
        int k = Integer.highestOneBit(leaves.size() - 1);
        return sha256(new byte[] {1}, root(leaves.subList(0, k)), root(leaves.subList(k, leaves.size())));
    }

    /** PATH(m, D[n]), from the leaf up. */
    private static List<byte[]> path(int m, List<byte[]> leaves) {
        if (leaves.size() == 1) {
            return List.of();
        }
        int k = Integer.highestOneBit(leaves.size() - 1);
        List<byte[]> left = leaves.subList(0, k);
        List<byte[]> right = leaves.subList(k, leaves.size());
        List<byte[]> path = new ArrayList<>(m < k ? path(m, left) : path(m - k, right));
        path.add(m < k ? root(right) : root(left));
        return path;
    }

    /** 2.1.3.2: what a verifier does with an inclusion proof. */
    private static byte[] proved(int leafIndex, int treeSize, byte[] leaf, List<byte[]> path) {
        int fn = leafIndex;
        int sn = treeSize - 1;
        byte[] r = leaf;
        for (byte[] p : path) {
            if ((fn & 1) == 1 || fn == sn) {
                r = sha256(new byte[] {1}, p, r);
                while ((fn & 1) == 0 && fn != 0) {
                    fn >>= 1;
                    sn >>= 1;
                }
            } else {
                r = sha256(new byte[] {1}, r, p);
            }
            fn >>= 1;
            sn >>= 1;
        }
        assertThat(sn).isZero();
        return r;
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    private static byte[] sha256(byte[]... parts) {
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            for (byte[] part : parts) {
                sha256.update(part);
            }
            return sha256.digest();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
