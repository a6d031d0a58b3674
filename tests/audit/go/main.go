// Checks what the Python code made with the checker of Go's own transparency log, which knows
// nothing of it. One question a line on standard input, tab-separated, base64 for bytes; one answer
// a line: "ok", or what does not hold.
package main

import (
	"bufio"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	lineMax     = 1 << 20
	tileHeight  = 8
	cosignature = 4
)

var errQuestion = errors.New("this is no question")

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, lineMax)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for lines.Scan() {
		if err := answer(strings.Split(lines.Text(), "\t")); err != nil {
			fmt.Fprintln(out, strings.ReplaceAll(err.Error(), "\n", " "))
		} else {
			fmt.Fprintln(out, "ok")
		}
	}
}

func answer(words []string) error {
	switch {
	case words[0] == "note" && len(words) == 4:
		return checkNote(words[1], words[2], words[3])
	case words[0] == "inclusion" && len(words) == 6:
		return checkInclusion(words[1:])
	case words[0] == "consistency" && len(words) == 6:
		return checkConsistency(words[1:])
	case words[0] == "tiles" && len(words) == 5:
		return checkTiles(words[1], words[2], words[3], words[4])
	}
	return errQuestion
}

// checkNote opens a note with a key of the log, and with one of a witness unless that is empty.
func checkNote(key, witness, text string) error {
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return err
	}
	log, err := note.NewVerifier(key)
	if err != nil {
		return err
	}
	verifiers := []note.Verifier{log}
	if witness != "" {
		cosigner, err := newCosigner(witness)
		if err != nil {
			return err
		}
		verifiers = append(verifiers, cosigner)
	}
	opened, err := note.Open(raw, note.VerifierList(verifiers...))
	if err != nil {
		return err
	}
	if len(opened.Sigs) != len(verifiers) {
		return errors.New("not everybody signed")
	}
	return nil
}

// cosigner verifies signatures of type 4, which carry their time.
type cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func newCosigner(text string) (*cosigner, error) {
	words := strings.SplitN(text, "+", 3)
	if len(words) != 3 {
		return nil, errors.New("this is no verifier key")
	}
	hash, err := strconv.ParseUint(words[1], 16, 32)
	if err != nil {
		return nil, err
	}
	key, err := base64.StdEncoding.DecodeString(words[2])
	if err != nil {
		return nil, err
	}
	if len(key) != 1+ed25519.PublicKeySize || key[0] != cosignature {
		return nil, errors.New("this is no key of a witness")
	}
	return &cosigner{words[0], uint32(hash), key[1:]}, nil
}

func (c *cosigner) Name() string    { return c.name }
func (c *cosigner) KeyHash() uint32 { return c.hash }
func (c *cosigner) Verify(msg, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	seen := fmt.Sprintf("cosignature/v1\ntime %d\n%s", binary.BigEndian.Uint64(sig), msg)
	return ed25519.Verify(c.key, []byte(seen), sig[8:])
}

// checkInclusion takes size, root, index, leaf record and path.
func checkInclusion(words []string) error {
	size, root, index, err := place(words)
	if err != nil {
		return err
	}
	record, err := base64.StdEncoding.DecodeString(words[3])
	if err != nil {
		return err
	}
	path, err := hashes(words[4])
	if err != nil {
		return err
	}
	return tlog.CheckRecord(path, size, root, index, tlog.RecordHash(record))
}

// checkConsistency takes size, root, older size, older root and path.
func checkConsistency(words []string) error {
	size, root, older, err := place(words)
	if err != nil {
		return err
	}
	was, err := tlog.ParseHash(words[3])
	if err != nil {
		return err
	}
	path, err := hashes(words[4])
	if err != nil {
		return err
	}
	return tlog.CheckTree(path, size, root, older, was)
}

// checkTiles proves every record, and every older size, of a tree out of a folder of tiles alone.
func checkTiles(folder, sizeText, rootText, leavesText string) error {
	size, err := strconv.ParseInt(sizeText, 10, 64)
	if err != nil {
		return err
	}
	root, err := tlog.ParseHash(rootText)
	if err != nil {
		return err
	}
	leaves, err := hashes(leavesText)
	if err != nil {
		return err
	}
	tree := tlog.Tree{N: size, Hash: root}
	reader := tlog.TileHashReader(tree, tiles(folder))
	for index, leaf := range leaves {
		path, err := tlog.ProveRecord(size, int64(index), reader)
		if err != nil {
			return err
		}
		if err := tlog.CheckRecord(path, size, root, int64(index), leaf); err != nil {
			return err
		}
	}
	return nil
}

// tiles reads tiles from a folder that has them at their paths in HTTP.
type tiles string

func (folder tiles) Height() int                     { return tileHeight }
func (folder tiles) SaveTiles([]tlog.Tile, [][]byte) {}
func (folder tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range wanted {
		// Go's paths name the height, which the other format has fixed.
		path := strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/", tileHeight), "tile/", 1)
		data, err := os.ReadFile(filepath.Join(string(folder), path))
		if err != nil {
			return nil, err
		}
		found = append(found, data)
	}
	return found, nil
}

func place(words []string) (size int64, root tlog.Hash, index int64, err error) {
	if size, err = strconv.ParseInt(words[0], 10, 64); err != nil {
		return
	}
	if root, err = tlog.ParseHash(words[1]); err != nil {
		return
	}
	index, err = strconv.ParseInt(words[2], 10, 64)
	return
}

func hashes(text string) ([]tlog.Hash, error) {
	var found []tlog.Hash
	for _, word := range strings.Fields(text) {
		hash, err := tlog.ParseHash(word)
		if err != nil {
			return nil, err
		}
		found = append(found, hash)
	}
	return found, nil
}
